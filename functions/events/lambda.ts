/** @file Events and the reconciler as an AWS Lambda function. */
import { readLambdaEnvironment } from '../aws/environment.ts';
import { openService } from '../aws/service.ts';
import { publicNetwork } from '../service/webhooks/target.ts';
import { eventHandler } from './event-bridge.ts';

const environment = readLambdaEnvironment(process.env);
const service = openService(environment);

export const handler = eventHandler({
  ...service,
  retention: environment.retention,
  network: publicNetwork,
  onFailure: (error) => console.error('it is tried again', error),
});
