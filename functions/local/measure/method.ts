/** @file How timings are taken, as the table tells it. */
import type { LatencyMethod } from '../../../shared/contract/latency.ts';
import { timeQuantile, visits } from '../../../shared/latency/measuring/method.ts';
import type { MeasuringPlan } from '../../../shared/latency/measuring/plan.ts';
import type { RuntimeName } from './request.ts';

const models: Record<RuntimeName, string> = {
  onnxruntime:
    'an ONNX model of its own with random weights, batch norm folded, one image, run by onnxruntime-node with all graph optimisations, output memory given.',
  browser:
    'run by TensorFlow.js in a page of Chromium, as its converter would leave a model: random weights, batch norm folded, bias and ReLU6 fused, one image, intermediate tensors disposed of at once.',
};

const order =
  'In every round each model is visited once, in an order shuffled anew: a few calls are thrown away, then the call is repeated and the median call counts (several calls timed as one where the clock is too coarse); the table holds the shortest visit. A reference block is visited after every twelve others. The cost of a call, timed on a model that does nothing, is taken off once.';

const full =
  'What is left is multiplied by the factor by which whole networks of the same space and resolution, chosen to tell most, differ from the sums of their parts.';

const short = 'Only the parts that tell most about other parts are timed, and stand as they are alone.';

const operators =
  'Operators are timed as small models of one each, and as whole networks drawn at random, which are visited in the same way.';

/** @param rounds visits of each model */
export function methodOf(runtime: RuntimeName, plan: MeasuringPlan, rounds: number, seed: number): LatencyMethod {
  const designed = plan.contexts[0]!.networks.filter(({ drawn }) => drawn === 'designed').length;
  return {
    description: [
      `Each part of a network is ${models[runtime]}`,
      order,
      plan.kind === 'full' ? full : short,
      ...(plan.operators === undefined ? [] : [operators]),
    ].join(' '),
    rounds,
    warmUpCalls: visits.parts.warmUpCalls,
    networkWarmUpCalls: visits.networks.warmUpCalls,
    visitUs: visits.parts.visitUs,
    quantile: timeQuantile,
    ...(plan.kind === 'full' && { calibrationNetworks: designed }),
    seed,
  };
}
