/** @file Tables, first tenant and first keys, made while the stack is deployed. */
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { Data } from '../data/data.ts';
import { mayPut } from '../grants.ts';
import { lambdaFunction } from '../lambda-function.ts';
import { databaseEnvironment } from './functions.ts';

/** @returns hashes that the functions compare with what they are shown, as hex */
export function setUp(scope: Construct, data: Data, settings: Settings): { operator: string; origin: string } {
  const it = lambdaFunction(scope, 'set-up', settings, {
    description: 'Brings the tables up to date and writes the first keys',
    timeout: Duration.minutes(10),
    environment: {
      FASTPATH_BUCKET: data.store.bucketName,
      FASTPATH_KEYS_SECRET_ARN: data.keys.secretArn,
      FASTPATH_ORIGIN_SECRET_ARN: data.originSecret.secretArn,
      ...databaseEnvironment(data),
    },
  });
  data.database.grantDataApiAccess(it);
  mayPut(it, data.store, ['keys/*']);
  data.keys.grantRead(it);
  data.keys.grantWrite(it);
  data.originSecret.grantRead(it);
  const done = new CustomResource(scope, 'Ready', {
    serviceToken: it.functionArn,
    // Done again with each build: its tables may be others.
    properties: { build: it.currentVersion.version },
  });
  // Its rights are there before it is asked, and stay until it is gone.
  done.node.addDependency(it.role!);
  return { operator: done.getAttString('OperatorSha256'), origin: done.getAttString('OriginSha256') };
}
