/** @file What a duel says, as rows of the report. */
import type { Measurement, Target } from '../report.ts';
import { median } from '../step-timing.ts';
import { comparedSteps, type Duel, type Sides } from './duel.ts';

export interface DuelTargets {
  /** images/s of ours over PyTorch's, both kinds of step */
  speed: Target;
  /** peak memory of ours over PyTorch's; null: not judged */
  memory: Target | null;
}

/** @param name the setting and the backend, e.g. `cifar 32 px × 128, WebAssembly` */
export function duelRows(name: string, batch: number, made: Duel, targets: DuelTargets): Measurement[] {
  const note = `${made.lines.ours}; ${made.lines.peer}`;
  return [
    ...sameRows(name, made),
    ...speedRows(`${name}: weight step`, batch, made.weightMs, targets.speed, note),
    ...speedRows(`${name}: architecture step`, batch, made.architectureMs, targets.speed, note),
    ...memoryRows(name, made, targets.memory),
  ];
}

/** That both train the same network: nothing else here would mean anything without it. */
function sameRows(name: string, { losses, gradients }: Duel): Measurement[] {
  const difference = (step: number) => Math.abs(losses.ours[step]! / losses.peer[step]! - 1);
  const last = comparedSteps - 1;
  return [
    {
      name: `${name}: first loss, relative difference`,
      value: difference(0),
      unit: '',
      target: { atMost: 1e-5 },
      note: `ours ${losses.ours[0]!.toFixed(6)}, PyTorch ${losses.peer[0]!.toFixed(6)}`,
    },
    {
      name: `${name}: loss of step ${comparedSteps}, relative difference`,
      value: difference(last),
      unit: '',
      target: { atMost: 1e-2 },
      note: `ours ${losses.ours[last]!.toFixed(6)}, PyTorch ${losses.peer[last]!.toFixed(6)}`,
    },
    {
      name: `${name}: first logit gradients, relative difference`,
      value: median(gradients.map(relativeDifference)),
      unit: '',
      note: `norm of the difference over that of PyTorch's: ${gradients.map((g) => relativeDifference(g).toFixed(4))}`,
    },
  ];
}

/** images/s over all paths, each path by its median step. */
export function imagesPerSecond(batch: number, ms: readonly number[][]): number {
  return (1000 * batch * ms.length) / ms.reduce((sum, steps) => sum + median(steps), 0);
}

function speedRows(name: string, batch: number, ms: Sides<number[][]>, target: Target, note: string): Measurement[] {
  const [ours, peer] = [imagesPerSecond(batch, ms.ours), imagesPerSecond(batch, ms.peer)];
  const perPath = ms.ours.map((steps, i) => median(ms.peer[i]!) / median(steps));
  const range = `${Math.min(...perPath).toFixed(2)} to ${Math.max(...perPath).toFixed(2)}`;
  const each = `${perPath.length} seeded draws (${range}), medians of ${ms.ours[0]!.length} steps in turn`;
  return [
    { name: `${name}, speed of ours / PyTorch`, value: ours / peer, unit: '×', target, note: each },
    { name, value: ours, unit: 'images/s', baseline: peer, note: `baseline: PyTorch. ${note}` },
  ];
}

function memoryRows(name: string, { memory, memoryBefore }: Duel, target: Target | null): Measurement[] {
  const peak = { ours: memory.ours.peakRssBytes, peer: memory.peer.peakRssBytes };
  const added = (side: keyof Sides<unknown>) => peak[side] - memoryBefore[side].rssBytes;
  const judged = target ? { target } : {};
  return [
    { name: `${name}: peak RSS, ours / PyTorch`, value: peak.ours / peak.peer, unit: '×', ...judged },
    {
      name: `${name}: peak RSS`,
      value: peak.ours / 1e6,
      unit: 'MB',
      baseline: peak.peer / 1e6,
      note: 'whole processes',
    },
    {
      name: `${name}: peak RSS above the supernet set up`,
      value: added('ours') / 1e6,
      unit: 'MB',
      baseline: added('peer') / 1e6,
      note: 'what steps add: activations, gradients, scratch memory, kernels',
    },
  ];
}

/** ‖ours − peer‖ / ‖peer‖; rows may be padded with zeros. */
export function relativeDifference({ ours, peer }: Sides<readonly number[][]>): number {
  const differences = peer.flatMap((block, i) => block.map((value, k) => (ours[i]?.[k] ?? 0) - value));
  return Math.hypot(...differences) / Math.hypot(...peer.flat());
}
