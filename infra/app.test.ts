import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { lambdas } from '../functions/aws/bundle.ts';
import { fastpathApp } from './app.ts';
import { readSettings } from './config/settings.ts';
import { propertiesOf, resources, synthesise } from './test-template.ts';

let template: Template;
let production: Template;

beforeAll(() => {
  template = synthesise('dev', readSettings('dev'));
  production = synthesise('prod', readSettings('prod'));
});

const all = (type: string, of = template) => resources(of, type);
const one = (type: string) => propertiesOf(template, type);

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
      Attempts: 10,
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
      'RESPONSE_STREAM',
    ]);
    const { Origins } = one('AWS::CloudFront::Distribution').DistributionConfig as {
      Origins: { OriginCustomHeaders: object[] }[];
    };
    expect(Origins).toHaveLength(3);
    for (const { OriginCustomHeaders } of Origins) {
      expect(JSON.stringify(OriginCustomHeaders)).toMatch(/x-fastpath-origin.*\{\{resolve:secretsmanager:/);
    }
  });

  test('fit what Lambda takes', async () => {
    for (const name of Object.keys(lambdas)) {
      const folder = join(import.meta.dirname, '../.dist/lambda', name);
      const files = await readdir(folder, { recursive: true });
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
      expect(
        sizes.reduce((sum, size) => sum + size, 0),
        name,
      ).toBeLessThan(250_000_000);
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

  test('keep details and searches as long as the settings say', () => {
    const kept = (of: Template) => {
      const [, { Properties }] = all('AWS::Lambda::Function', of).find(([id]) => /^ServiceEvents[0-9A-F]+$/.test(id))!;
      const { Variables } = Properties.Environment as { Variables: Record<string, string> };
      return Object.entries(Variables).filter(([name]) => name.startsWith('FASTPATH_KEEP'));
    };
    expect(kept(template)).toEqual([['FASTPATH_KEEP_DETAILS_DAYS', '30']]);
    const settings = { ...readSettings('dev'), keepDetailsDays: 7, keepSearchesDays: 365 };
    expect(kept(synthesise('short', settings)).sort()).toEqual([
      ['FASTPATH_KEEP_DETAILS_DAYS', '7'],
      ['FASTPATH_KEEP_SEARCHES_DAYS', '365'],
    ]);
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
