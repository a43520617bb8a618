/** @file The credential function, and the role that sessions of jobs are cut out of. */
import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { Data } from '../data/data.ts';
import { mayRead, mayWrite } from '../grants.ts';
import { lambdaFunction } from '../lambda-function.ts';

/** @returns its address */
export function credentialFunction(
  scope: Construct,
  { store, checkpoints }: Pick<Data, 'store' | 'checkpoints'>,
  settings: Settings,
): string {
  const credentials = lambdaFunction(scope, 'credentials', settings, {
    description: 'Swaps a running job’s token for credentials of its search',
    timeout: Duration.seconds(20),
  });
  const workerRole = new Role(scope, 'WorkerRole', {
    description: 'Sessions of jobs are cut out of this role; see functions/credentials',
    assumedBy: credentials.grantPrincipal,
    maxSessionDuration: Duration.hours(1),
  });
  for (const bucket of [store, checkpoints]) mayWrite(workerRole, bucket, ['tenants/*']);
  workerRole.addToPolicy(customersRoles());
  credentials.addToRolePolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [workerRole.roleArn] }));
  credentials.addToRolePolicy(new PolicyStatement({ actions: ['batch:DescribeJobs'], resources: ['*'] }));
  mayRead(credentials, store, ['tenants/*']);
  credentials.addEnvironment('FASTPATH_BUCKET', store.bucketName);
  credentials.addEnvironment('FASTPATH_CHECKPOINTS_BUCKET', checkpoints.bucketName);
  credentials.addEnvironment('FASTPATH_WORKER_ROLE_ARN', workerRole.roleArn);
  // Whoever comes has to show a running job's token.
  return credentials.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
}

/** Roles of customers, who open their buckets with them: which there are, and for whom, is for their trust policies to say. */
export function customersRoles(): PolicyStatement {
  return new PolicyStatement({
    actions: ['sts:AssumeRole'],
    resources: [`arn:${Aws.PARTITION}:iam::*:role/*`],
  });
}
