/** @file CloudFront before the functions. It shows them a secret, so that nobody comes past it. */
import { Duration } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { FunctionUrlAuthType, InvokeMode, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { ServiceFunctions } from './functions.ts';

/** As functions/aws/origin.ts knows it. */
const originHeader = 'x-fastpath-origin';

export function edge(
  scope: Construct,
  { api, predict }: Pick<ServiceFunctions, 'api' | 'predict'>,
  secret: Secret,
): Distribution {
  const behaviour = (it: LambdaFunction, invokeMode: InvokeMode): BehaviorOptions => ({
    origin: new FunctionUrlOrigin(it.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode }), {
      // Resolved by CloudFormation: the template holds a reference. CloudFront's own signing would take the header
      // Authorization, which is the customer's.
      customHeaders: { [originHeader]: secret.secretValue.unsafeUnwrap() },
      // Longer than between two heartbeats of a stream.
      readTimeout: Duration.seconds(60),
    }),
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  });
  return new Distribution(scope, 'Edge', {
    comment: 'Fastpath',
    defaultBehavior: behaviour(api, InvokeMode.RESPONSE_STREAM),
    additionalBehaviors: { '/v1/latency': behaviour(predict, InvokeMode.BUFFERED) },
    httpVersion: HttpVersion.HTTP2_AND_3,
    priceClass: PriceClass.PRICE_CLASS_100,
  });
}
