/** @file Latency of whole networks, measured here as the latency table was: ONNX Runtime, one thread, one image. */
import { TimedModel } from '../../functions/local/measure/timed-model.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { median } from '../../shared/latency/statistics.ts';
import { writeNetwork } from '../../shared/onnx/write-network.ts';
import { Random } from '../../shared/random.ts';

const visit = { warmUpCalls: 3, visitUs: 1500 };

/** Milliseconds of each, the median over `rounds` visits; every round visits all of them in an order shuffled anew. */
export async function measuredMs(architectures: readonly Architecture[], rounds: number): Promise<number[]> {
  const random = Random.named(0, 'measure');
  const models: TimedModel[] = [];
  for (const architecture of architectures) {
    models.push(await TimedModel.load(writeNetwork(architecture, { seed: 0 }), random));
  }
  for (let round = 0; round < rounds; round++) {
    for (const model of random.shuffle([...models])) await model.visit(visit);
  }
  for (const model of models) await model.release();
  return models.map(({ samplesUs }) => median(samplesUs) / 1000);
}
