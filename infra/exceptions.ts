/**
 * @file Where we do not do what cdk-nag's rules ask for, and why: each by itself, so that another of the same kind is
 * found. A wildcard stands behind a prefix of keys everywhere but in those that say so.
 */
import { Validations } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';

interface Exception {
  /** below the stack */
  at: readonly string[];
  rule: string;
  findings?: readonly string[];
  because: string;
}

const ecsPolicy = 'Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role';
const keysOf = (bucket: string, ...prefixes: string[]) =>
  prefixes.map((prefix) => `Resource::<${bucket}.Arn>/${prefix}/*`);
const store = 'DataStore0EB099F1';
const checkpoints = 'DataCheckpoints74303317';

const exceptions: readonly Exception[] = [
  {
    at: ['Compute/WorkerRole'],
    rule: 'IAM5',
    findings: [...keysOf(store, 'tenants'), ...keysOf(checkpoints, 'tenants')],
    because: 'Nobody gets this role whole: each session has a policy for one search, see functions/credentials.',
  },
  {
    at: ['Compute/CredentialsRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'tenants'),
    because: 'Reads the spec of whichever search’s job asks.',
  },
  {
    at: ['Service/ApiRole', 'Service/WebRole', 'Service/EventsRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'tenants', 'keys', 'public'),
    because: 'Works for all tenants: the database decides which rows, and so which keys, are whose.',
  },
  {
    at: ['Service/ApiRole', 'Service/LatencyModelsRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'public/latency-tables', 'public/latency-models'),
    because: 'The operator makes hardware public through the API.',
  },
  {
    at: ['Service/LatencyModelsRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'tenants/*/latency-tables', 'tenants/*/latency-models'),
    because: 'Fits the models of all tenants, whose ids are made later: that is the other wildcard.',
  },
  {
    at: ['Service/DataSetsRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'tenants'),
    because: 'Looks into data sets of all tenants.',
  },
  {
    at: ['Service/PredictRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'keys', 'public', 'tenants'),
    because: 'Reads the mirror of keys and latency models of whoever asks.',
  },
  {
    at: ['Service/SetUpRole'],
    rule: 'IAM5',
    findings: keysOf(store, 'keys'),
    because: 'Mirrors the first key, whose hash is its name.',
  },
  {
    at: ['Compute/Worker/ExecutionRole'],
    rule: 'IAM5',
    findings: ['Resource::*'],
    because: 'A real wildcard: ecr:GetAuthorizationToken knows no resources. The token opens what the role may pull.',
  },
  {
    at: ['Compute/CredentialsRole', 'Service/ApiRole', 'Service/WebRole', 'Service/EventsRole'],
    rule: 'IAM5',
    findings: ['Resource::*'],
    because: 'A real wildcard: DescribeJobs and ListJobs know no resources. Both only read.',
  },
  {
    at: ['Service/ApiRole', 'Service/WebRole', 'Service/EventsRole'],
    rule: 'IAM5',
    findings: ['Resource::arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job/*'],
    because: 'A real wildcard: ids of jobs are made when they are submitted. It allows tagging and ending jobs.',
  },
  {
    at: ['Compute/WorkerRole', 'Service/DataSetsRole'],
    rule: 'IAM5',
    findings: ['Resource::arn:<AWS::Partition>:iam::*:role/*'],
    because:
      'A real wildcard: customers name the roles that open their buckets, and those roles’ trust policies decide. A job’s session is narrowed to the one role and external id of its spec.',
  },
  {
    at: ['Compute/Spot', 'Compute/OnDemand'],
    rule: 'IAM4',
    findings: [ecsPolicy],
    because:
      'What the ECS agent needs is AWS’s to say. Containers cannot reach the machine’s role: see block-metadata.sh.',
  },
  {
    at: [
      'Compute/Credentials',
      'Service/SetUp',
      'Service/Api',
      'Service/Web',
      'Service/Events',
      'Service/DataSets',
      'Service/LatencyModels',
      'Service/Predict',
    ],
    rule: 'L1',
    because: 'The project is tested on Node 20 to 22; this is the newest of those.',
  },
  {
    at: ['Data/Store', 'Data/Checkpoints'],
    rule: 'S1',
    because:
      'Nobody but our functions and their sessions has access, and a log line for each image read costs more than the image.',
  },
  {
    at: ['Data/Keys'],
    rule: 'SMG4',
    because: 'Holds API keys, which their owner revokes and makes through the API.',
  },
  {
    at: ['Data/OriginSecret'],
    rule: 'SMG4',
    because:
      'CloudFront takes it from the template: `npm run deploy` after changing it here brings a new one everywhere.',
  },
  {
    at: ['Service/DeadLetters'],
    rule: 'SQS3',
    because: 'It is the dead-letter queue.',
  },
  {
    at: ['Service/Edge'],
    rule: 'CFR1',
    because: 'Customers may be anywhere.',
  },
  {
    at: ['Service/Edge'],
    rule: 'CFR2',
    because:
      'A firewall costs 5 USD a month without any traffic; every route but documentation, sign-in and the measuring page needs a key or a session, and rates are limited.',
  },
  {
    at: ['Service/Edge'],
    rule: 'CFR3',
    because: 'The functions log what was asked, without addresses of customers.',
  },
  {
    at: ['Service/Edge'],
    rule: 'CFR4',
    because: 'Without a domain of one’s own CloudFront’s certificate is used, whose lowest version cannot be set.',
  },
];

const withoutKeptData: readonly Exception[] = [
  { at: ['Data/Database'], rule: 'RDS10', because: 'The stage’s settings say that its data may go with it.' },
];

export function acknowledgeExceptions(stack: Construct, { keepData }: { keepData: boolean }): void {
  for (const { at, rule, findings, because } of [...exceptions, ...(keepData ? [] : withoutKeptData)]) {
    const ids = findings?.map((finding) => `AwsSolutions::AwsSolutions-${rule}[${finding}]`);
    for (const path of at) {
      const validations = Validations.of(childAt(stack, path));
      for (const id of ids ?? [`AwsSolutions::AwsSolutions-${rule}`]) validations.acknowledge({ id, reason: because });
    }
  }
}

function childAt(stack: IConstruct, path: string): IConstruct {
  return path.split('/').reduce((scope, id) => scope.node.findChild(id), stack);
}
