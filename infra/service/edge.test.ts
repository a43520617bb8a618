/** @file What CloudFront does with requests before a function sees them. */
import { runInNewContext } from 'node:vm';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { hostHeader } from '../../functions/aws/response-stream.ts';
import { asset } from '../../functions/web/assets.ts';
import { pageFiles } from '../../functions/web/device/files.ts';
import { readSettings } from '../config/settings.ts';
import { propertiesOf, type Resource, resources, synthesise } from '../test-template.ts';

let template: Template;
beforeAll(() => {
  template = synthesise('dev', readSettings('dev'));
});

interface Behaviour {
  PathPattern?: string;
  TargetOriginId: string;
  CachePolicyId: unknown;
  OriginRequestPolicyId?: string;
  ViewerProtocolPolicy: string;
  AllowedMethods: string[];
  FunctionAssociations?: object[];
}
const config = () =>
  propertiesOf(template, 'AWS::CloudFront::Distribution').DistributionConfig as {
    Origins: { Id: string; DomainName: unknown }[];
    DefaultCacheBehavior: Behaviour;
    CacheBehaviors: Behaviour[];
  };
const managed = {
  cachesNothing: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  asAsked: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
};

/** As CloudFront chooses: the first pattern that matches. */
function behaviourOf(path: string): Behaviour & { answers: string } {
  const { Origins, CacheBehaviors, DefaultCacheBehavior } = config();
  const matches = ({ PathPattern = '*' }: Behaviour) =>
    new RegExp(`^${PathPattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(path);
  const behaviour = CacheBehaviors.find(matches) ?? DefaultCacheBehavior;
  const { DomainName } = Origins.find(({ Id }) => Id === behaviour.TargetOriginId)!;
  return { ...behaviour, answers: /Service([A-Z][a-z]+)FunctionUrl/.exec(JSON.stringify(DomainName))![1]! };
}

test.each([
  ['/', 'Web'],
  ['/app', 'Web'],
  ['/app/sign-in', 'Web'],
  ['/app/measure', 'Web'],
  ['/app/measure/main.js', 'Web'],
  ['/apple', 'Api'],
  ['/v1/searches', 'Api'],
  ['/v1/measurement-sessions/swap', 'Api'],
  ['/docs', 'Api'],
  ['/v1/latency', 'Predict'],
])('leads %s to %s whole, keeps nothing of it, and says which host was asked', (path, name) => {
  const behaviour = behaviourOf(path);
  expect(behaviour).toMatchObject({
    answers: name,
    CachePolicyId: managed.cachesNothing,
    OriginRequestPolicyId: managed.asAsked,
    ViewerProtocolPolicy: name === 'Web' ? 'redirect-to-https' : 'https-only',
    FunctionAssociations: [{ EventType: 'viewer-request' }],
  });
  expect(behaviour.AllowedMethods).toEqual(expect.arrayContaining(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']));
});

test('keeps files whose address names their version, as long as they say, by nothing but their address', () => {
  const [[policy]] = resources(template, 'AWS::CloudFront::CachePolicy') as [[string, Resource]];
  for (const path of [asset('style.css'), ...pageFiles.filter(({ immutable }) => immutable).map((it) => it.address)]) {
    expect(behaviourOf(path), path).toMatchObject({ answers: 'Web', CachePolicyId: { Ref: policy } });
  }
  expect(propertiesOf(template, 'AWS::CloudFront::CachePolicy').CachePolicyConfig).toMatchObject({
    MinTTL: 0,
    DefaultTTL: 0,
    ParametersInCacheKeyAndForwardedToOrigin: {
      CookiesConfig: { CookieBehavior: 'none' },
      HeadersConfig: { HeaderBehavior: 'none' },
      QueryStringsConfig: { QueryStringBehavior: 'none' },
    },
  });
});

test('tells the host that was asked, whatever the visitor claims', () => {
  const code = propertiesOf(template, 'AWS::CloudFront::Function').FunctionCode as string;
  const headers = { host: { value: 'd1.cloudfront.net' }, [hostHeader]: { value: 'evil.example' } };
  const request = runInNewContext(`${code}; handler(event)`, { event: { request: { headers } } });
  expect(request.headers[hostHeader]).toEqual({ value: 'd1.cloudfront.net' });
});

test('may be whose pages upload, beside those that the settings name', () => {
  const origins = (of: Template) =>
    resources(of, 'AWS::S3::Bucket').flatMap(([, { Properties }]) => {
      const cors = Properties.CorsConfiguration as { CorsRules: { AllowedOrigins: string[] }[] } | undefined;
      return cors?.CorsRules.flatMap((rule) => rule.AllowedOrigins) ?? [];
    });
  expect(origins(template)).toEqual(['https://*.cloudfront.net']);
  const settings = { ...readSettings('dev'), corsOrigins: ['https://app.example.com'] };
  expect(origins(synthesise('cors', settings))).toEqual(['https://*.cloudfront.net', 'https://app.example.com']);
});
