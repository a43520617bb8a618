/** @file Lambda functions: bundled by functions/aws, each with a role and a log of its own. */
import { join } from 'node:path';
import type { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { LambdaName } from '../functions/aws/bundle.ts';
import type { Settings } from './config/settings.ts';
import { logGroup } from './log-group.ts';

export interface LambdaOptions {
  description: string;
  timeout: Duration;
  /** which also buys processor time: 1769 is a whole one */
  memoryMib?: number;
  environment?: Record<string, string>;
}

export function lambdaFunction(
  scope: Construct,
  name: LambdaName,
  settings: Settings,
  { description, timeout, memoryMib = 512, environment = {} }: LambdaOptions,
): LambdaFunction {
  const id = name
    .split('-')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
  const log = logGroup(scope, `${id}Log`, settings);
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  log.grantWrite(role);
  return new LambdaFunction(scope, id, {
    description,
    code: Code.fromAsset(join(import.meta.dirname, '../.dist/lambda', name)),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_22_X,
    architecture: Architecture.X86_64,
    memorySize: memoryMib,
    timeout,
    role,
    logGroup: log,
    // The reader of metered predictions knows this one.
    loggingFormat: LoggingFormat.TEXT,
    environment: { TZ: 'UTC', ...environment },
  });
}
