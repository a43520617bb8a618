/** @file The baseline of a network: the narrowest one of MobileNetV2's shape that is measured to be as slow or slower. */
import { z } from 'zod';
import { OnnxRuntimeRunner } from '../../../functions/local/measure/onnxruntime-runner.ts';
import { whilePinned } from '../../../functions/local/measure/processors.ts';
import { architectureId } from '../../../shared/architecture/identity.ts';
import { mobileNetShaped } from '../../../shared/comparison/baselines.ts';
import { type Architecture, architectureSchema } from '../../../shared/contract/architecture.ts';
import { measuredMs } from '../search-latency.ts';
import { input, space } from './plan.ts';

export const baselineSchema = z.strictObject({
  widthMultiplier: z.number(),
  architecture: architectureSchema,
  baselineMs: z.number(),
  foundMs: z.number(),
});

export type Baseline = z.infer<typeof baselineSchema>;

const rounds = 40;
/** 0.3 to 2 by 0.05; several widths may round to the same network. */
const multipliers = Array.from({ length: 35 }, (_, i) => Number((0.3 + 0.05 * i).toFixed(2)));

/** All widths and the network are timed in turn, in ONNX Runtime with one thread. @throws Error where all are faster */
export async function chooseBaseline(found: Architecture): Promise<Baseline> {
  const byId = new Map<string, { widthMultiplier: number; architecture: Architecture }>();
  for (const widthMultiplier of multipliers) {
    const architecture = mobileNetShaped(space, input, widthMultiplier);
    const id = architectureId(architecture);
    if (!byId.has(id)) byId.set(id, { widthMultiplier, architecture });
  }
  const widths = [...byId.values()];
  const [foundMs, ...times] = await whilePinned(1, async () =>
    measuredMs([found, ...widths.map(({ architecture }) => architecture)], rounds, await OnnxRuntimeRunner.open(1)),
  );
  const i = times.findIndex((ms) => ms >= foundMs!);
  if (i < 0) throw new Error(`MobileNetV2 of all widths is faster than the network found, which takes ${foundMs} ms`);
  return { ...widths[i]!, baselineMs: times[i]!, foundMs: foundMs! };
}
