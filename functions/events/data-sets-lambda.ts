/** @file Looks into registered data sets, as an AWS Lambda function of its own: it decodes images, which takes time and room. */
import { readLambdaEnvironment } from '../aws/environment.ts';
import { openService } from '../aws/service.ts';
import { verifyDataSets } from '../service/datasets/verify-data-sets.ts';

const service = openService(readLambdaEnvironment(process.env));

/** On each tick of the schedule. */
export const handler = async (): Promise<void> => {
  const { failures } = await verifyDataSets({ ...service, dataRoot: null, buckets: {} });
  for (const failure of failures) console.error('it is tried again', failure);
};
