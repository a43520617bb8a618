/** @file Events and the reconciler as an AWS Lambda function. */
import { readLambdaEnvironment } from '../aws/environment.ts';
import { openService } from '../aws/service.ts';
import { publicNetwork } from '../service/webhooks/target.ts';
import { eventHandler } from './event-bridge.ts';

const service = await openService(readLambdaEnvironment(process.env));

export const handler = eventHandler({
  ...service,
  network: publicNetwork,
  onFailure: (error) => console.error('it is tried again', error),
});
