/**
 * @file Whether memory stays flat: many steps as a search takes them, a fresh random path each, an architecture step
 * behind every fifth, on the fastest backend there is or the one asked for.
 *
 *     npx tsx test/bench/steady.ts [--quick] [--backend wasm|tensorflow] [--out FILE]
 */

import { memory } from '@tensorflow/tfjs-core';
import { selectBackend } from '../../batch/backend/select.ts';
import { samplePairs } from '../../batch/supernet/architecture-step.ts';
import { median } from '../../shared/latency/statistics.ts';
import { Random } from '../../shared/random.ts';
import { uniformPath } from '../../shared/space/path.ts';
import { benchArguments, report } from './report.ts';
import { Setting } from './step-setting.ts';

const choices = { backend: ['wasm', 'tensorflow'] } as const;
const { quick, out, backend: wanted } = benchArguments(process.argv.slice(2), choices);
const steps = quick ? 200 : 2000;
const backend = await selectBackend(wanted);
const setting = new Setting({ space: 'cifar', resolution: 32, batch: 64, classes: 10, seed: 1 });

const random = Random.named(1, 'steady');
const rssMb: number[] = [];
const tensorBytes: number[] = [];
for (let step = 0; step < steps; step++) {
  setting.weightStep(setting.supernet.network(uniformPath(setting.plan, random)));
  if (step % 5 === 4) setting.architectureStep(samplePairs(setting.logits, random));
  rssMb.push(process.memoryUsage.rss() / 1e6);
  tensorBytes.push(memory().numBytes);
}

const tenth = steps / 10;
// Memory first grows to what the largest paths need: the second tenth is where it has.
const early = median(rssMb.slice(tenth, 2 * tenth));
const late = median(rssMb.slice(-tenth));
report({
  bench: 'steady',
  rows: [
    {
      name: `${setting.name}: growth of tensor memory over ${steps} steps`,
      value: tensorBytes.at(-1)! - tensorBytes[0]!,
      unit: 'bytes',
      target: { atMost: 0 },
      note: `${(tensorBytes[0]! / 1e6).toFixed(1)} MB between steps`,
    },
    {
      name: `${setting.name}: RSS, last tenth of ${steps} steps / second tenth`,
      value: late / early,
      unit: '×',
      target: { atMost: 1.05 },
      note: `medians ${early.toFixed(0)} and ${late.toFixed(0)} MB; highest ${Math.max(...rssMb).toFixed(0)} MB`,
    },
  ],
  backend: backend.line,
  out,
});
