/** @file CloudFront before the functions. It shows them a secret, so that nobody comes past it. */
import { Duration } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
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

/** Links and sessions are for the host that was asked, and a function URL is told no host but its own. */
const tellHost = `function handler(event) {
  var request = event.request;
  request.headers['x-forwarded-host'] = { value: request.headers.host.value };
  return request;
}`;

/** What carries its version in its address; see functions/web. */
const lastingFiles = ['/app/assets/*', '/app/measure/onnxruntime-web-*'];
const pages = ['/', '/app', '/app/*'];

export function edge(
  scope: Construct,
  { api, predict, web }: Pick<ServiceFunctions, 'api' | 'predict' | 'web'>,
  secret: Secret,
): Distribution {
  const origin = (it: LambdaFunction, invokeMode: InvokeMode) =>
    new FunctionUrlOrigin(it.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode }), {
      // Resolved by CloudFormation: the template holds a reference. CloudFront's own signing would take the header
      // Authorization, which is the customer's.
      customHeaders: { [originHeader]: secret.secretValue.unsafeUnwrap() },
      // Longer than between two heartbeats of a stream.
      readTimeout: Duration.seconds(60),
    });
  const hostTeller = new EdgeFunction(scope, 'TellHost', {
    comment: 'Tells functions at which host they were asked',
    code: FunctionCode.fromInline(tellHost),
    runtime: FunctionRuntime.JS_2_0,
  });
  const passed = {
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    functionAssociations: [{ function: hostTeller, eventType: FunctionEventType.VIEWER_REQUEST }],
    // A key that was sent in the open is known: better refused than led on.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
  // A function that streams may answer with more than the 6 MB of others: the measuring page loads a larger file.
  const webOrigin = origin(web, InvokeMode.RESPONSE_STREAM);
  const page = { ...passed, origin: webOrigin, viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS };
  const lasting = {
    origin: webOrigin,
    cachePolicy: new CachePolicy(scope, 'AsTheySay', {
      comment: 'Kept for as long as Cache-Control says',
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.days(365),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    }),
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
  };
  return new Distribution(scope, 'Edge', {
    comment: 'Fastpath',
    defaultBehavior: { ...passed, origin: origin(api, InvokeMode.RESPONSE_STREAM) },
    // The first that matches counts.
    additionalBehaviors: Object.fromEntries<BehaviorOptions>([
      ['/v1/latency', { ...passed, origin: origin(predict, InvokeMode.BUFFERED) }],
      ...lastingFiles.map((path) => [path, lasting] as const),
      ...pages.map((path) => [path, page] as const),
    ]),
    httpVersion: HttpVersion.HTTP2_AND_3,
    priceClass: PriceClass.PRICE_CLASS_100,
  });
}
