/**
 * @file Memory of training steps: a supernet's sampled path against the plain network of the same path, the gradient
 * form of the architecture step, and all paths at once. Peak bytes of activations and temporaries, scratch memory of
 * kernels included; images, weights, momentum and statistics are alive before and after and not part of a peak.
 *
 *     npx tsx test/bench/memory.ts [--quick] [--out FILE]
 */
import { memory } from '@tensorflow/tfjs-core';
import { trackPeak } from '../../batch/backend/memory.ts';
import { selectBackend } from '../../batch/backend/select.ts';
import type { ConvNet } from '../../batch/network/conv-net.ts';
import { networkOf } from '../../batch/network/from-architecture.ts';
import { weightStep } from '../../batch/network/weight-step.ts';
import { architectureGradient, type SampledPairs } from '../../batch/supernet/architecture-step.ts';
import { Supernet } from '../../batch/supernet/supernet.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { candidateLabel, pathToArchitecture, uniformPath } from '../../shared/space/path.ts';
import { allPathsNetwork } from './memory-all-paths.ts';
import { watchHeap } from './memory-heap.ts';
import { keptBytes, largestActivationBytes } from './memory-kept.ts';
import { randomBatch } from './random-batch.ts';
import { benchArguments, type Measurement, report } from './report.ts';
import { mean } from './step-timing.ts';

const setting = { resolution: 96, classes: 1000, batch: 8, seed: 1 };
const { quick, out } = benchArguments();
const uniformPaths = quick ? 10 : 100;
const comparedPaths = quick ? 2 : 5;

const backend = await selectBackend('wasm');
const plan = planSupernet(findSpace('mobile-inverted-residual'), setting);
const { images, labels } = randomBatch(setting);
const paths = Array.from({ length: uniformPaths }, (_, i) =>
  uniformPath(plan, Random.named(setting.seed, `path/${i}`)),
);
const allK5e3 = pathOf('mbconv-k5-e3');
const allK7e6 = pathOf('mbconv-k7-e6');
const pairs: SampledPairs = {
  path: allK5e3,
  pairs: allK5e3.map((active, i) => ({ pair: [active, allK7e6[i]!], active: 0, p: [0.5, 0.5] })),
};

/** tracked peak / heap peak of every measured step */
const agreements: number[] = [];

// Plain networks first, each gone before the next: the process's memory then grows from small to large.
const compared = [allK5e3, ...paths.slice(0, comparedPaths)];
const plain = compared.map((path) => {
  const network = networkOf(pathToArchitecture(plan, path), setting);
  const peakBytes = weightStepPeak(network);
  const bytes = persistentBytes(network);
  for (const variable of variablesOf(network)) variable.dispose();
  return { peakBytes, bytes };
});
const rssPlain = rss();

const supernet = new Supernet(plan, setting);
const rssSupernet = rss();
const onPath = compared.map((path) => weightStepPeak(supernet.network(path)));
const architectureStep = peakOf(() => architectureGradient(supernet, pairs, images, labels));
const uniform = paths.map((path) => weightStepPeak(supernet.network(path)));
const rssOnePath = rss();

const all = weightStepPeak(allPathsNetwork(supernet).network);
const rssAllPaths = rss();

const ratios = onPath.map((peak, i) => peak / plain[i]!.peakBytes);
const meanUniform = mean(uniform);
const architecture = pathToArchitecture(plan, allK5e3);
const kept = keptBytes(architecture, setting.batch);
// Beside what is kept, a backward pass holds the gradient it reads, the one it writes, and a kernel's scratch memory.
const aboveKept = (plain[0]!.peakBytes - kept) / largestActivationBytes(architecture, setting.batch);
if (!(aboveKept >= 0 && aboveKept < 3)) {
  throw new Error(`the tracked peak is ${aboveKept} activations above what a step keeps by its shapes: one is wrong`);
}

const rows: Measurement[] = [
  {
    name: 'weight step, worst path / plain network',
    value: Math.max(...ratios),
    unit: '×',
    target: { atMost: 1.1 },
    note: `${compared.length} paths, each against training the plain network of the same path`,
  },
  megabytes('weight step, all k5e3', onPath[0]!, plain[0]!.peakBytes, 'baseline: plain network'),
  {
    name: 'architecture step / plain active network',
    value: architectureStep / plain[0]!.peakBytes,
    unit: '×',
    target: { atMost: 1.3 },
    note: 'gradient form, active all k5e3, inactive all k7e6',
  },
  megabytes('architecture step', architectureStep, plain[0]!.peakBytes, 'baseline: plain active network, weight step'),
  {
    name: 'all paths kept / mean uniform path',
    value: all / meanUniform,
    unit: '×',
    target: { atLeast: 5 },
    note: `weight steps; mean over ${uniform.length} seeded uniform paths`,
  },
  megabytes('all paths kept, weight step', all, meanUniform, 'baseline: mean uniform path'),
  megabytes('uniform path, largest', Math.max(...uniform), meanUniform, 'baseline: their mean'),
  megabytes('plain all k5e3, kept by shape', kept, plain[0]!.peakBytes, 'from layer shapes; baseline: tracked peak'),
  {
    name: 'tracked peak above kept by shape',
    value: aboveKept,
    unit: 'activations',
    note: "in units of the network's largest activation: gradients in flight and scratch",
  },
  {
    name: 'tracked peak / heap peak, furthest from 1',
    value: agreements.reduce((worst, ratio) => (Math.abs(ratio - 1) > Math.abs(worst - 1) ? ratio : worst), 1),
    unit: '×',
    note: `heap: every allocation in WebAssembly memory; ${agreements.length} steps, none left a byte behind`,
  },
  megabytes('weights + momentum, supernet', persistentBytes(supernet), plain[0]!.bytes, 'baseline: plain all k5e3'),
  megabytes('process RSS, plain networks trained', rssPlain),
  megabytes('process RSS, supernet built', rssSupernet, rssPlain),
  megabytes('process RSS, one-path steps done', rssOnePath, rssPlain),
  megabytes('process RSS, all paths kept', rssAllPaths, rssOnePath, 'baseline: after one-path steps'),
];
console.log(
  `mobile-inverted-residual, ${setting.resolution} px, batch ${setting.batch}, ${setting.classes} classes; MB = 10^6 bytes`,
);
report({ bench: 'memory', rows, backend: backend.line, out });

function weightStepPeak(network: ConvNet): number {
  return peakOf(() =>
    weightStep(
      network,
      images,
      labels,
      { labelSmoothing: 0.1, dropout: null },
      { learningRate: 0.01, weightDecay: 4e-5 },
    ).read(),
  );
}

/**
 * Peak bytes beyond those alive at the start, by the project's tracker and by the heap.
 * @throws Error when the step left memory behind or the two disagree: its peak would then mean nothing
 */
function peakOf(step: () => unknown): number {
  const before = memory();
  let peak = 0;
  const heap = watchHeap(() => {
    const { peakBytes, startBytes } = trackPeak(step);
    peak = peakBytes - startBytes;
  });
  const after = memory();
  if (after.numBytes !== before.numBytes || after.numTensors !== before.numTensors || heap.leftBytes !== 0) {
    const tensors = after.numTensors - before.numTensors;
    throw new Error(`a step left ${tensors} tensors and ${heap.leftBytes} bytes of the heap behind`);
  }
  const agreement = peak / heap.peakBytes;
  if (Math.abs(agreement - 1) > 0.01) throw new Error(`the tracked peak is ${agreement} of the heap's: one is wrong`);
  agreements.push(agreement);
  return peak;
}

/** The path with the candidate `label` in every block. */
function pathOf(label: string): number[] {
  return plan.blocks.map(({ candidates }) => candidates.findIndex((candidate) => candidateLabel(candidate) === label));
}

function variablesOf({ parameters, statistics }: Pick<ConvNet, 'parameters' | 'statistics'>) {
  return [...parameters, ...statistics];
}

/** Weights, momentum and running statistics. */
function persistentBytes(network: Pick<ConvNet, 'parameters' | 'statistics'>): number {
  const numbers = [
    ...network.parameters.map(({ value }) => 2 * value.size),
    ...network.statistics.map(({ value }) => value.size),
  ];
  return 4 * numbers.reduce((a, b) => a + b, 0);
}

function rss(): number {
  return process.memoryUsage.rss();
}

function megabytes(name: string, bytes: number, baselineBytes?: number, note?: string): Measurement {
  const baseline = baselineBytes === undefined ? {} : { baseline: baselineBytes / 1e6 };
  return { name, value: bytes / 1e6, unit: 'MB', ...baseline, ...(note ? { note } : {}) };
}
