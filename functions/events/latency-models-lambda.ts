/** @file Fits the latency models of hardware with new measurements, as an AWS Lambda function of its own: it takes CPU. */
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';
import { readLambdaEnvironment } from '../aws/environment.ts';
import { openService } from '../aws/service.ts';
import { refitWaiting } from '../service/hardware/refit-hardware.ts';

const service = openService(readLambdaEnvironment(process.env));

/** On each tick of the schedule. Instances that predict look models up again by themselves. */
export const handler = async (): Promise<void> => {
  const deps = { ...service, fitModel: fitLatencyModel, changed: () => undefined };
  await refitWaiting(deps, (error) => console.error('it is tried again', error));
};
