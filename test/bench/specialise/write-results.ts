/** @file Writes the page and its pictures into the work folder; of the full form also among the documents and README. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { partsOf } from '../../../shared/latency/part.ts';
import { architectureSvg } from '../../../shared/picture/architecture-svg.ts';
import type { Report } from '../report.ts';
import { mean } from '../search-statistics.ts';
import { plan as supernet } from './budget.ts';
import { curvesSvg } from './curves-svg.ts';
import { devices } from './devices.ts';
import type { Held } from './hold.ts';
import { markdownOf } from './markdown.ts';
import { matrixSvg } from './matrix-svg.ts';
import { type Proof, pathOf } from './proof.ts';
import { withResults } from './readme.ts';
import { curvesOf, matrixOf, top1Of } from './results.ts';
import { chosenOf } from './searches.ts';
import { sideBySide } from './side-by-side.ts';

export function writeResults(proof: Proof, report: Report, work: string): void {
  const { held } = proof.searches;
  const files = {
    'specialise.md': markdownOf(proof, report),
    'pictures/specialise-matrix.svg': matrixSvg({
      title: 'Every network on every device',
      subtitle: 'across: the device that a network was searched for; down: where it was timed; framed: at home',
      devices: devices.map(({ label }) => label),
      networks: held.map((one) => ({
        name: one.device.label,
        words: `${mean(top1Of(proof, chosenOf(one))).toFixed(1)} % top-1`,
      })),
      latencies: matrixOf(proof).map((row) => row.map(({ latencyMs }) => latencyMs)),
    }),
    'pictures/specialise-networks.svg': sideBySide(
      'One network a device',
      `same space and images; budgets of ${held.map(({ constraint }) => constraint.budgetMs).join(', ')} ms`,
      held.map(drawingOf),
    ),
    'pictures/specialise-curves.svg': curvesSvg({
      title: 'Accuracy over measured latency',
      subtitle: `means over ${proof.form.seeds.length} seeds`,
      panels: devices
        .slice(0, proof.plan.curveDevices)
        .map(({ label }, device) => ({ title: label, ...curvesOf(proof, device) })),
    }),
  };
  const isFull = proof.form.name === 'full';
  const folders = [work, ...(isFull ? [join(repository, 'docs')] : [])];
  for (const folder of folders) {
    mkdirSync(join(folder, 'pictures'), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    console.log(`written to ${join(folder, 'specialise.md')}, with its pictures beside`);
  }
  if (isFull) {
    const readme = join(repository, 'README.md');
    writeFileSync(readme, withResults(readFileSync(readme, 'utf8'), proof, report));
  }
}

const repository = join(import.meta.dirname, '../../..');

/** With each block's latency on its device. */
function drawingOf(held: Held): string {
  const architecture = chosenOf(held);
  const path = pathOf(architecture);
  const { latencyUs, blocks } = new FittedLatencyModel(held.constraint.model).predict(architecture);
  // Parts in running order: stem, the fixed block, those of the path that are no `zero`, head, classifier.
  const chosen = blocks.slice(2, 2 + partsOf(architecture).length - 4);
  let next = 0;
  const blocksMs = path.map((choice, i) => {
    const isZero = supernet.blocks[i]!.candidates[choice]!.op === 'zero';
    return isZero ? 0 : chosen[next++]!.latencyUs / 1000;
  });
  const fixedMs = Math.max(0, latencyUs / 1000 - blocksMs.reduce((a, b) => a + b, 0));
  const title = `Network of ${held.device.label}`;
  return architectureSvg({
    ...{ plan: supernet, path, architecture, title },
    latency: { hardware: held.device.label, blocksMs, fixedMs },
  });
}
