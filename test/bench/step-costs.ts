/** @file One weight step in a large batch: what of it is not arithmetic, and which kernels are the faster. */
import { existsSync } from 'node:fs';
import { engine } from '@tensorflow/tfjs-core';
import { addonFile } from '../../batch/backend/native/addon.ts';
import { type NativeKernels, registerNativeKernels } from '../../batch/backend/native/choose-kernels.ts';
import { tensorflowOf } from '../../batch/backend/native/tensorflow.ts';
import type { BackendName } from '../../batch/backend/select.ts';
import { Random } from '../../shared/random.ts';
import { uniformPath } from '../../shared/space/path.ts';
import type { Measurement } from './report.ts';
import { dispatchOf } from './step-dispatch.ts';
import type { Setting } from './step-setting.ts';
import { median, timed } from './step-timing.ts';

/** Rows for the kernels that are registered; where both kinds can run inside TensorFlow also one against the other. */
export function stepCosts(setting: Setting, backend: BackendName, quick: boolean): Measurement[] {
  const path = uniformPath(setting.plan, Random.named(setting.shape.seed, 'path/0'));
  const network = setting.supernet.network(path);
  const step = () => setting.weightStep(network);
  const repeats = quick ? 5 : 30;
  step();
  const stepMs = median(Array.from({ length: repeats }, () => timed(step).wallMs));
  const { calls, ms } = dispatchOf(setting, path, 5 * repeats);
  const perSecond = (stepTime: number) => setting.shape.batch / (stepTime / 1000);
  const rows: Measurement[] = [
    {
      name: `${setting.name}: dispatch share of a weight step`,
      value: (100 * ms) / stepMs,
      unit: '%',
      ...(backend === 'tensorflow' ? { target: { atMost: 15 } } : {}),
      note:
        `${calls} kernels in ${ms.toFixed(1)} ms with one pixel, ${((1000 * ms) / calls).toFixed(0)} µs each, ` +
        `of ${stepMs.toFixed(0)} ms (${perSecond(stepMs).toFixed(0)} images/s); the rest is arithmetic`,
    },
  ];
  const bothKinds = backend === 'tensorflow' && !tensorflowOf(engine().backend).onGpu && existsSync(addonFile());
  if (!bothKinds) return rows;
  const stepWith = (kernels: NativeKernels) => {
    registerNativeKernels(kernels);
    return timed(step).wallMs;
  };
  const turns = { compiled: [] as number[], stock: [] as number[] };
  const kinds = ['compiled', 'stock'] as const;
  for (const kernels of kinds) stepWith(kernels);
  for (let turn = 0; turn < repeats; turn++) {
    for (const kernels of turn % 2 === 0 ? kinds : kinds.toReversed()) turns[kernels].push(stepWith(kernels));
  }
  registerNativeKernels();
  return [
    ...rows,
    {
      name: `${setting.name}: weight step with compiled kernels`,
      value: perSecond(median(turns.compiled)),
      unit: 'images/s',
      baseline: perSecond(median(turns.stock)),
      note: `baseline: TensorFlow's own kernels, in turn; medians of ${repeats} steps`,
    },
  ];
}
