/** @file Who may do what, on a deployed stage. */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { readSettings } from './config/settings.ts';
import { type Resource, resources, synthesise } from './test-template.ts';

type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };

let template: Template;
beforeAll(() => {
  template = synthesise('dev', readSettings('dev'));
});

const all = (type: string) => resources(template, type);

function statements(): { at: string; statement: Statement }[] {
  const documents = all('AWS::IAM::Policy').map(([at, { Properties }]) => [at, Properties.PolicyDocument] as const);
  return documents.flatMap(([at, document]) =>
    (document as { Statement: Statement[] }).Statement.map((statement) => ({ at, statement })),
  );
}

/** What a role may do, e.g. `s3:GetObject` of `store/tenants/*`. */
function rights(role: string): Map<string, string[]> {
  const [[store]] = all('AWS::S3::Bucket').filter(([, { Properties }]) => Properties.VersioningConfiguration) as [
    [string, Resource],
  ];
  const arn = JSON.stringify({ 'Fn::GetAtt': [store, 'Arn'] });
  const found = new Map<string, Set<string>>();
  for (const { at, statement } of statements()) {
    if (at.replace(/DefaultPolicy.*/, '') !== role) continue;
    for (const action of [statement.Action].flat()) {
      const resources = [statement.Resource].flat().map((each) => {
        const text = JSON.stringify(each).replaceAll(arn, '"store"');
        return text.replace(/^\{"Fn::Join":\["",\["store","(.*)"\]\]\}$/, 'store$1').replace(/^"(.*)"$/, '$1');
      });
      found.set(action, new Set([...(found.get(action) ?? []), ...resources]));
    }
  }
  return new Map(Array.from(found, ([action, resources]) => [action, [...resources].sort()]));
}

test('rights name actions one by one', () => {
  for (const { at, statement } of statements()) {
    expect([statement.Action].flat().join(), at).not.toContain('*');
  }
});

test('rights reach every resource only where AWS knows none', () => {
  const free = statements().filter(({ statement }) => [statement.Resource].flat().includes('*'));
  const actions = free.flatMap(({ statement }) => statement.Action);
  expect([...new Set(actions)].sort()).toEqual(['batch:DescribeJobs', 'batch:ListJobs', 'ecr:GetAuthorizationToken']);
});

test('rights of upkeep remove what it removes, under its keys, and the uploads that nobody ended', () => {
  const own = rights('ServiceEventsRole');
  for (const action of ['s3:DeleteObject', 's3:AbortMultipartUpload']) {
    expect(own.get(action), action).toEqual(['store/keys/*', 'store/tenants/*']);
  }
  for (const action of ['s3:ListBucket', 's3:ListBucketMultipartUploads']) {
    expect(own.get(action), action).toEqual(['store']);
  }
  const finders = statements().filter(({ statement }) => JSON.stringify(statement.Action).includes('ListBucketMul'));
  const roles = new Set(finders.map(({ at }) => at.replace(/DefaultPolicy.*/, '')));
  expect([...roles].sort()).toEqual([
    'ServiceApiRole',
    'ServiceEventsRole',
    'ServiceLatencyModelsRole',
    'ServiceWebRole',
  ]);
});

test('rights of the dashboard are what its pages do: less than the API’s, and nothing of the operator’s', () => {
  const own = rights('ServiceWebRole');
  const resources = (action: string) => own.get(action) ?? [];
  expect([...own.keys()].sort()).toEqual([
    ...['batch:DescribeJobs', 'batch:ListJobs', 'batch:SubmitJob', 'batch:TagResource', 'batch:TerminateJob'],
    'events:EnableRule',
    ...['logs:CreateLogStream', 'logs:PutLogEvents'],
    ...['rds-data:BatchExecuteStatement', 'rds-data:BeginTransaction', 'rds-data:CommitTransaction'],
    ...['rds-data:ExecuteStatement', 'rds-data:RollbackTransaction'],
    ...['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:ListBucket'],
    ...['s3:ListBucketMultipartUploads', 's3:PutObject'],
    ...['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  ]);
  expect(resources('s3:GetObject')).toEqual(['store/public/*', 'store/tenants/*']);
  expect(resources('s3:PutObject')).toEqual(['store/keys/*', 'store/tenants/*']);
  expect(resources('s3:DeleteObject')).toEqual(['store/tenants/*']);
  const api = rights('ServiceApiRole');
  for (const [action, at] of own) {
    // Each has a log of its own.
    if (!action.startsWith('logs:')) expect(api.get(action), action).toEqual(expect.arrayContaining(at));
  }
});

test('rights to assume the roles of customers where data sets are looked into and nowhere else, the workers’ sessions apart', () => {
  const roles = statements().filter(({ statement }) => JSON.stringify(statement.Resource).includes(':iam::*:role/*'));
  expect(roles.map(({ at }) => at.replace(/DefaultPolicy.*/, '')).sort()).toEqual([
    'ComputeWorkerRole',
    'ServiceDataSetsRole',
  ]);
});

test('rights of the workers’ role go to the credential function alone', () => {
  const [, role] = all('AWS::IAM::Role').find(([id]) => id.startsWith('ComputeWorkerRole'))!;
  const document = role.Properties.AssumeRolePolicyDocument as { Statement: { Principal: unknown }[] };
  expect(document.Statement).toHaveLength(1);
  expect(JSON.stringify(document.Statement[0]!.Principal)).toMatch(/ComputeCredentialsRole/);
  expect(role.Properties.MaxSessionDuration).toBe(3600);
});

test('no security group lets anything in', () => {
  for (const [, { Properties }] of all('AWS::EC2::SecurityGroup')) {
    expect(Properties.SecurityGroupIngress).toBeUndefined();
  }
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  template.resourceCountIs('AWS::EC2::NatGateway', 0);
});
