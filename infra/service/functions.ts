/** @file The functions of the service, each with the rights it needs. */
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Compute } from '../compute/compute.ts';
import { customersRoles } from '../compute/credentials.ts';
import type { Settings } from '../config/settings.ts';
import type { Data } from '../data/data.ts';
import { databaseName } from '../data/database.ts';
import { mayFindUploads, mayPut, mayRead, mayWrite } from '../grants.ts';
import { lambdaFunction } from '../lambda-function.ts';

export interface ServiceFunctions {
  api: LambdaFunction;
  web: LambdaFunction;
  predict: LambdaFunction;
  events: LambdaFunction;
  dataSets: LambdaFunction;
  latencyModels: LambdaFunction;
}

export interface FunctionsOptions {
  data: Data;
  compute: Compute;
  settings: Settings;
  /** name and ARN of the rule that brings the reconciler */
  schedule: { name: string; arn: string };
  /** SHA-256 of the operator's key and of CloudFront's secret, as hex */
  hashes: { operator: string; origin: string };
}

/** Who follows a search gets an answer of ten minutes. */
const streamMinutes = 11;

export function serviceFunctions(scope: Construct, options: FunctionsOptions): ServiceFunctions {
  const { data, compute, settings, schedule, hashes } = options;
  const environment = {
    FASTPATH_STORE: `s3://${data.store.bucketName}`,
    FASTPATH_JOB_QUEUE: compute.queue.jobQueueArn,
    FASTPATH_JOB_DEFINITION: compute.job.jobDefinitionArn,
    FASTPATH_INSTANCE_TYPE: settings.pricedAs,
    ...(settings.pricePerHourUsd === undefined
      ? {}
      : { FASTPATH_PRICE_PER_HOUR_USD: String(settings.pricePerHourUsd) }),
    FASTPATH_SCHEDULE_RULE: schedule.name,
    ...databaseEnvironment(data),
  };
  const pages = settings.corsOrigins.length === 0 ? {} : { FASTPATH_CORS_ORIGINS: settings.corsOrigins.join(',') };
  const shown = { FASTPATH_OPERATOR_SHA256: hashes.operator, FASTPATH_ORIGIN_SHA256: hashes.origin };
  const api = lambdaFunction(scope, 'api', settings, {
    description: 'The API',
    timeout: Duration.minutes(streamMinutes),
    memoryMib: 1024,
    environment: { ...environment, ...pages, ...shown },
  });
  const web = lambdaFunction(scope, 'web', settings, {
    description: 'The dashboard, and the page that measures a device',
    timeout: Duration.minutes(streamMinutes),
    memoryMib: 1024,
    environment: { ...environment, ...shown },
  });
  const events = lambdaFunction(scope, 'events', settings, {
    description: 'Changes of jobs, the reconciler, metered predictions, upkeep',
    timeout: Duration.minutes(5),
    environment: { ...environment, ...retention(settings) },
  });
  const dataSets = lambdaFunction(scope, 'data-sets', settings, {
    description: 'Looks into registered data sets',
    timeout: Duration.minutes(15),
    memoryMib: 1769,
    environment,
  });
  const latencyModels = lambdaFunction(scope, 'latency-models', settings, {
    description: 'Fits the latency models of measured hardware',
    timeout: Duration.minutes(15),
    memoryMib: 1769,
    environment,
  });
  const predict = lambdaFunction(scope, 'predict', settings, {
    description: 'Latency predictions',
    timeout: Duration.seconds(30),
    memoryMib: 1024,
    environment: { ...pages, FASTPATH_BUCKET: data.store.bucketName, FASTPATH_ORIGIN_SHA256: hashes.origin },
  });
  for (const it of [api, web, events, dataSets, latencyModels]) data.database.grantDataApiAccess(it);
  const maySchedule = (it: LambdaFunction, actions: string[]) =>
    it.addToRolePolicy(new PolicyStatement({ actions, resources: [schedule.arn] }));
  for (const it of [api, web]) {
    maySchedule(it, ['events:EnableRule']);
    mayPut(it, data.store, ['keys/*']);
  }
  maySchedule(events, ['events:EnableRule', 'events:DisableRule']);
  // Removes those of tenants who have left.
  mayWrite(events, data.store, ['keys/*']);
  for (const it of [api, web, events]) {
    mayWrite(it, data.store, ['tenants/*']);
    mayRead(it, data.store, ['public/*']);
    mayUseQueue(it, compute);
  }
  // The operator makes hardware public through the API.
  mayWrite(api, data.store, timings('public'));
  mayWrite(latencyModels, data.store, [...timings('public'), ...timings('tenants/*')]);
  for (const it of [api, web, events, latencyModels]) mayFindUploads(it, data.store);
  mayRead(dataSets, data.store, ['tenants/*']);
  dataSets.addToRolePolicy(customersRoles());
  mayRead(predict, data.store, ['keys/*', 'public/*', 'tenants/*']);
  return { api, web, predict, events, dataSets, latencyModels };
}

function retention({ keepDetailsDays, keepSearchesDays }: Settings): Record<string, string> {
  return {
    FASTPATH_KEEP_DETAILS_DAYS: String(keepDetailsDays),
    ...(keepSearchesDays === undefined ? {} : { FASTPATH_KEEP_SEARCHES_DAYS: String(keepSearchesDays) }),
  };
}

/** Keys of what was timed, and of the models of it. */
function timings(owner: string): string[] {
  return [`${owner}/latency-tables/*`, `${owner}/latency-models/*`];
}

export function databaseEnvironment({ database }: Pick<Data, 'database'>): Record<string, string> {
  return {
    FASTPATH_DATABASE_ARN: database.clusterArn,
    FASTPATH_DATABASE_SECRET_ARN: database.secret!.secretArn,
    FASTPATH_DATABASE: databaseName,
  };
}

/** Submits to our queue and nothing but our worker, and ends jobs; which there are can be asked for all only. */
function mayUseQueue(it: LambdaFunction, compute: Compute): void {
  const { queue, job } = compute;
  const jobs = Stack.of(compute).formatArn({ service: 'batch', resource: 'job', resourceName: '*' });
  it.addToRolePolicy(
    new PolicyStatement({ actions: ['batch:SubmitJob'], resources: [queue.jobQueueArn, job.jobDefinitionArn] }),
  );
  it.addToRolePolicy(new PolicyStatement({ actions: ['batch:TagResource', 'batch:TerminateJob'], resources: [jobs] }));
  it.addToRolePolicy(new PolicyStatement({ actions: ['batch:DescribeJobs', 'batch:ListJobs'], resources: ['*'] }));
}
