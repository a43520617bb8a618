/**
 * @file Time of training steps: a supernet's sampled path against the plain network of the same path, and the gradient
 * form of the architecture step against a weight step of the same active path. What is compared runs in turn. Then what
 * a step costs beside its arithmetic and, inside TensorFlow, our compiled kernels against its own; and steps on real
 * images: what of their time goes to waiting for a batch (`step-feed.ts`).
 *
 *     npx tsx test/bench/step.ts [--quick] [--backend wasm|tensorflow] [--out FILE]
 */
import { selectBackend } from '../../batch/backend/select.ts';
import type { ConvNet } from '../../batch/network/conv-net.ts';
import { networkOf } from '../../batch/network/from-architecture.ts';
import { samplePairs } from '../../batch/supernet/architecture-step.ts';
import { Random } from '../../shared/random.ts';
import { pathToArchitecture, uniformPath } from '../../shared/space/path.ts';
import { benchArguments, type Measurement, report } from './report.ts';
import { stepCosts } from './step-costs.ts';
import { type FedShape, feedRows } from './step-feed.ts';
import { type Profile, profile, type StepPart } from './step-profile.ts';
import { Setting, type SettingShape } from './step-setting.ts';
import { mean, median, quantile, type Timing, timedInTurn } from './step-timing.ts';

const choices = { backend: ['wasm', 'tensorflow'] } as const;
const { quick, out, backend: wanted } = benchArguments(process.argv.slice(2), choices);
const rounds = quick ? { paths: 2, repeats: 4, pairs: 8 } : { paths: 6, repeats: 8, pairs: 50 };
const seed = 1;
const shapes: SettingShape[] = [
  { space: 'mobile-inverted-residual', resolution: 96, batch: 8, classes: 1000, seed },
  { space: 'cifar', resolution: 32, batch: 64, classes: 10, seed },
];
const fedShapes: FedShape[] = [
  { data: 'cifar10', space: 'cifar', resolution: 32, batch: 128, blocks: quick ? 1 : 6 },
  { data: 'imagenette224', space: 'mobile-inverted-residual', resolution: 224, batch: 16, blocks: quick ? 1 : 3 },
];

/** Large enough for arithmetic to count, as in a search. */
const w1: SettingShape = { space: 'mobile-inverted-residual', resolution: 96, batch: 32, classes: 1000, seed };

const backend = await selectBackend(wanted);
const rows = shapes.flatMap((shape) => measure(new Setting(shape)));
rows.push(...stepCosts(new Setting(w1), backend.name, quick));
const kind = backend.name === 'tensorflow' ? 'native' : 'WebAssembly';
for (const shape of fedShapes) rows.push(...(await feedRows(kind, shape)));
report({ bench: 'step', rows, backend: backend.line, out });

function measure(setting: Setting): Measurement[] {
  const { plan, supernet, shape } = setting;
  const paths = Array.from({ length: rounds.paths }, (_, i) => uniformPath(plan, Random.named(seed, `path/${i}`)));
  const plain = paths.map((path) => networkOf(pathToArchitecture(plan, path), shape));
  // Two rounds unmeasured: the engine compiles, and memory grows to what steps need.
  for (const i of [0, 1]) compare(setting, paths[i]!, plain[i]!, i);
  const weights: [Timing, Timing][][] = paths.map(() => []);
  for (let repeat = 0; repeat < rounds.repeats; repeat++) {
    for (const [i, path] of paths.entries()) weights[i]!.push(compare(setting, path, plain[i]!, repeat + i));
  }

  const pairsOf = (i: number) => samplePairs(setting.logits, Random.named(seed, `pairs/${i}`));
  const architecture = Array.from({ length: rounds.pairs }, (_, i) => {
    const sampled = pairsOf(i);
    return timedInTurn(
      i,
      () => setting.architectureStep(sampled),
      () => setting.weightStep(supernet.network(sampled.path)),
    );
  });

  const ratios = weights.map((turns) => medianRatio(turns, 'wallMs'));
  const perPair = architecture.map(([ours, weight]) => ours.wallMs / weight.wallMs);
  const profiles = {
    'weight step': profile(paths.map((path) => () => setting.weightStep(supernet.network(path)))),
    'architecture step': profile(
      paths.map((_, i) => {
        const sampled = pairsOf(i);
        return () => setting.architectureStep(sampled);
      }),
    ),
  };
  return [
    {
      name: `${setting.name}: weight step / plain network`,
      value: median(ratios),
      unit: '×',
      target: { atMost: 1.15 },
      note:
        `median of ${paths.length} paths (${range(ratios)}), each of medians over ${rounds.repeats} steps in turn; ` +
        `by CPU time ${median(weights.map((turns) => medianRatio(turns, 'cpuMs'))).toFixed(3)}`,
    },
    {
      name: `${setting.name}: architecture / weight step`,
      value: mean(perPair),
      unit: '×',
      target: { atMost: 1.6 },
      note:
        `mean of ${perPair.length} seeded pairs (${range(perPair)}), same active path in turn; ` +
        `by CPU time ${mean(architecture.map(([ours, weight]) => ours.cpuMs / weight.cpuMs)).toFixed(3)}`,
    },
    speed(
      setting,
      'weight step',
      weights.flatMap((turns) => turns.map(([ours]) => ours)),
      weights.flatMap((turns) => turns.map(([, peer]) => peer)),
    ),
    speed(
      setting,
      'architecture step',
      architecture.map(([ours]) => ours),
      architecture.map(([, weight]) => weight),
    ),
    ...Object.entries(profiles).flatMap(([step, seen]) => shares(`${setting.name}: ${step}`, seen)),
  ];
}

/** A step of the supernet's path and one of the plain network. */
function compare(setting: Setting, path: readonly number[], plain: ConvNet, turn: number): [Timing, Timing] {
  return timedInTurn(
    turn,
    () => setting.weightStep(setting.supernet.network(path)),
    () => setting.weightStep(plain),
  );
}

function medianRatio(turns: readonly [Timing, Timing][], clock: keyof Timing): number {
  return median(turns.map(([ours]) => ours[clock])) / median(turns.map(([, peer]) => peer[clock]));
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}

function speed(setting: Setting, step: string, ours: readonly Timing[], peers: readonly Timing[]): Measurement {
  const perSecond = (timings: readonly Timing[]) => setting.shape.batch / (median(timings.map((t) => t.wallMs)) / 1000);
  const walls = ours.map(({ wallMs }) => wallMs);
  const peer = step === 'weight step' ? 'plain network' : 'weight step';
  return {
    name: `${setting.name}: ${step}`,
    value: perSecond(ours),
    unit: 'images/s',
    baseline: perSecond(peers),
    note:
      `baseline: ${peer}; wall ms a step: median ${median(walls).toFixed(0)}, ` +
      `quartiles ${quantile(walls, 0.25).toFixed(0)} to ${quantile(walls, 0.75).toFixed(0)}; ` +
      `CPU ms: median ${median(ours.map(({ cpuMs }) => cpuMs)).toFixed(0)}`,
  };
}

/** One row a part of the step, with its slowest kernels in the first row's note. */
function shares(name: string, { totalMs, parts, kernels }: Profile): Measurement[] {
  const share = (ms: number) => (100 * ms) / totalMs;
  const slowest = [...kernels].sort(([, a], [, b]) => b - a).slice(0, 8);
  const listed = slowest.map(([kernel, ms]) => `${kernel.replace('Fastpath', '')} ${share(ms).toFixed(0)}`).join(', ');
  const order: StepPart[] = ['forward', 'backward', 'inactive candidates', 'update'];
  const rows = order
    .filter((part) => parts.has(part))
    .map((part) => ({ name: `${name}, ${part}`, value: share(parts.get(part)!), unit: '%' }));
  return rows.map((row, i) => (i === 0 ? { ...row, note: `% by kernel: ${listed}` } : row));
}
