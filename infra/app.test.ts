import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildLambdas } from '../functions/aws/build.ts';
import { fastpathApp } from './app.ts';
import { readSettings, type Settings } from './config/settings.ts';

type Resource = { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string };
type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };

let template: Template;
let production: Template;

function synthesise(stage: string, settings: Settings): Template {
  // Throws where a rule of cdk-nag is broken that no exception names.
  const { app, stack } = fastpathApp(stage, settings);
  app.synth();
  return Template.fromStack(stack);
}

beforeAll(async () => {
  await buildLambdas();
  template = synthesise('dev', readSettings('dev'));
  production = synthesise('prod', readSettings('prod'));
}, 180_000);

const all = (type: string, of = template) => Object.entries(of.findResources(type)) as [string, Resource][];
const one = (type: string, of = template) => all(type, of)[0]![1].Properties;

function statements(): { at: string; statement: Statement }[] {
  const documents = all('AWS::IAM::Policy').map(([at, { Properties }]) => [at, Properties.PolicyDocument] as const);
  return documents.flatMap(([at, document]) =>
    (document as { Statement: Statement[] }).Statement.map((statement) => ({ at, statement })),
  );
}

describe('buckets', () => {
  test('are private, encrypted and reached over TLS only', () => {
    const buckets = all('AWS::S3::Bucket');
    expect(buckets).toHaveLength(2);
    for (const [id, { Properties }] of buckets) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(Properties.BucketEncryption).toBeDefined();
      template.hasResourceProperties('AWS::S3::BucketPolicy', {
        Bucket: { Ref: id },
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: 's3:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        },
      });
    }
  });

  test('keep old versions of results for a while, and checkpoints for days', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } })]),
      },
    });
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: Match.absent(),
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 14 })]) },
    });
  });

  test('outlive the stack where the settings say so', () => {
    const kept = all('AWS::S3::Bucket', production).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
    expect(kept).toHaveLength(1);
    expect(all('AWS::S3::Bucket').every(([, { DeletionPolicy }]) => DeletionPolicy === 'Delete')).toBe(true);
    expect(all('AWS::RDS::DBCluster', production)[0]![1].DeletionPolicy).toBe('Snapshot');
  });
});

describe('rights', () => {
  test('name actions one by one', () => {
    for (const { at, statement } of statements()) {
      expect([statement.Action].flat().join(), at).not.toContain('*');
    }
  });

  test('reach every resource only where AWS knows none', () => {
    const free = statements().filter(({ statement }) => [statement.Resource].flat().includes('*'));
    const actions = free.flatMap(({ statement }) => statement.Action);
    expect([...new Set(actions)].sort()).toEqual(['batch:DescribeJobs', 'batch:ListJobs', 'ecr:GetAuthorizationToken']);
  });

  test('assume the roles of customers where data sets are looked into and nowhere else, the workers’ sessions apart', () => {
    const roles = statements().filter(({ statement }) => JSON.stringify(statement.Resource).includes(':iam::*:role/*'));
    expect(roles.map(({ at }) => at.replace(/DefaultPolicy.*/, '')).sort()).toEqual([
      'ComputeWorkerRole',
      'ServiceDataSetsRole',
    ]);
  });

  test('of the workers’ role go to the credential function alone', () => {
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
});

describe('machines', () => {
  test('come first from the spot market, then on demand, and all go', () => {
    const environments = all('AWS::Batch::ComputeEnvironment').map(([id, { Properties }]) => {
      const resources = Properties.ComputeResources as Record<string, unknown>;
      return { id, ...(resources as { Type: string; MinvCpus: number; MaxvCpus: number }), resources };
    });
    for (const { resources } of environments) {
      expect(resources).toMatchObject({
        MinvCpus: 0,
        InstanceTypes: ['g5.xlarge'],
        Ec2Configuration: [{ ImageType: 'ECS_AL2023_NVIDIA' }],
      });
    }
    const order = one('AWS::Batch::JobQueue').ComputeEnvironmentOrder as {
      ComputeEnvironment: object;
      Order: number;
    }[];
    const types = order
      .sort((a, b) => a.Order - b.Order)
      .map(
        ({ ComputeEnvironment }) =>
          environments.find(({ id }) => JSON.stringify(ComputeEnvironment).includes(id))!.Type,
      );
    expect(types).toEqual(['SPOT', 'EC2']);
  });

  test('share fairly between tenants', () => {
    expect(one('AWS::Batch::JobQueue').SchedulingPolicyArn).toBeDefined();
    template.hasResourceProperties('AWS::Batch::SchedulingPolicy', { FairsharePolicy: { ShareDecaySeconds: 21600 } });
  });

  test('keep their metadata from containers', () => {
    const data = one('AWS::EC2::LaunchTemplate').LaunchTemplateData as Record<string, never>;
    expect(data.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
    expect(JSON.stringify(data.UserData)).toMatch(
      /cloud-boothook.*iptables -w -t raw -I PREROUTING -d \$metadata -j DROP/s,
    );
    expect(JSON.stringify(data.UserData)).toMatch(/shutdown -h now/);
  });
});

describe('jobs', () => {
  const job = () => one('AWS::Batch::JobDefinition');
  const container = () => job().ContainerProperties as Record<string, unknown>;

  test('run on one GPU without rights: no role, no root, nothing to write on', () => {
    expect(container()).toMatchObject({
      ReadonlyRootFilesystem: true,
      Privileged: false,
      User: '10001:10001',
      LogConfiguration: { LogDriver: 'awslogs' },
    });
    expect(container().JobRoleArn).toBeUndefined();
    expect(container().LinuxParameters).toMatchObject({ Tmpfs: [{ MountOptions: ['noexec', 'nosuid', 'nodev'] }] });
    expect(container().ResourceRequirements).toContainEqual({ Type: 'GPU', Value: '1' });
  });

  test('start again where their machine was taken, and end otherwise', () => {
    expect(job().RetryStrategy).toEqual({
      Attempts: 3,
      EvaluateOnExit: [
        { Action: 'RETRY', OnStatusReason: 'Host EC2*' },
        { Action: 'EXIT', OnReason: '*' },
      ],
    });
    expect(job().Timeout).toEqual({ AttemptDurationSeconds: 604_800 });
  });

  test('get their credentials from the credential function', () => {
    const environment = container().Environment as { Name: string; Value: unknown }[];
    const names = environment.map(({ Name }) => Name);
    expect(names).toEqual(expect.arrayContaining(['FASTPATH_CREDENTIALS_URL', 'FASTPATH_CHECKPOINTS']));
    expect(names.filter((name) => /KEY|SECRET|DATABASE/.test(name))).toEqual([]);
  });
});

describe('the database', () => {
  test('sleeps, and is reached through the Data API alone', () => {
    expect(one('AWS::RDS::DBCluster')).toMatchObject({
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      ManageMasterUserPassword: true,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 2, SecondsUntilAutoPause: 300 },
    });
  });
});

describe('functions', () => {
  test('answer behind CloudFront, which shows them a secret that is not in the template', () => {
    const urls = all('AWS::Lambda::Url').map(([, { Properties }]) => Properties);
    expect(urls.map(({ InvokeMode }) => InvokeMode ?? 'BUFFERED').sort()).toEqual([
      'BUFFERED',
      'BUFFERED',
      'RESPONSE_STREAM',
    ]);
    const { Origins } = one('AWS::CloudFront::Distribution').DistributionConfig as {
      Origins: { OriginCustomHeaders: object[] }[];
    };
    expect(Origins).toHaveLength(2);
    for (const { OriginCustomHeaders } of Origins) {
      expect(JSON.stringify(OriginCustomHeaders)).toMatch(/x-fastpath-origin.*\{\{resolve:secretsmanager:/);
    }
  });

  test('are woken by changes of our queue’s jobs, and what cannot be handed over is kept', () => {
    const rules = all('AWS::Events::Rule').map(([, { Properties }]) => Properties);
    const jobs = rules.filter(({ EventPattern }) => EventPattern !== undefined);
    expect(jobs).toHaveLength(2);
    for (const rule of jobs) {
      expect(rule.EventPattern).toMatchObject({ source: ['aws.batch'], detail: { jobQueue: [expect.anything()] } });
      for (const target of rule.Targets as object[]) expect(target).toHaveProperty('DeadLetterConfig');
    }
    expect(rules).toContainEqual(expect.objectContaining({ Name: 'fastpath-dev-tick', State: 'DISABLED' }));
  });

  test('forget their logs', () => {
    const groups = all('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(7);
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(30);
  });
});

test('failed jobs, dead letters and the month’s cost raise alarms', () => {
  const alarms = all('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.MetricName);
  expect(alarms).toEqual(expect.arrayContaining(['MatchedEvents', 'ApproximateNumberOfMessagesVisible', 'Errors']));
  template.hasResourceProperties('AWS::Budgets::Budget', {
    Budget: { BudgetLimit: { Amount: 50, Unit: 'USD' }, CostFilters: { TagKeyValue: ['user:fastpath-stage$dev'] } },
  });
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

test('nothing is of one account or region', () => {
  expect(JSON.stringify(template.toJSON())).not.toMatch(/\b\d{12}\b|(us|eu|ap)-(east|west|central)-\d/);
});

test('what breaks a rule of cdk-nag and is no exception breaks the build', () => {
  const { app, stack } = fastpathApp('dev', readSettings('dev'));
  new Queue(stack, 'Open');
  expect(() => app.synth()).toThrow(/The SQS queue is not used as a dead-letter queue/);
});

test.each([
  ['nowhere', {}, /^there is no stage "nowhere": use dev, odd or prod/],
  ['../dev', {}, /^there is no stage/],
  ['odd', { instanceTypes: ['G5 XL'] }, /^infra\/config\/odd\.json: instanceType 1 must match .*, not "G5 XL"/],
  ['odd', { maxVCPUs: 4 }, /maxVCPUs is not a known field/],
  ['odd', { logDays: 31 }, /logDays must be 1, 3, 5/],
])('a stage %s with %j gets one clear line', async (stage, settings, message) => {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-stage-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ['dev', 'prod']) await writeFile(join(folder, `${name}.json`), '{}');
  await writeFile(join(folder, 'odd.json'), JSON.stringify(settings));
  expect(() => readSettings(stage, folder)).toThrow(message);
});
