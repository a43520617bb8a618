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

/**
 * That both train the same network: nothing else here would mean anything without it. The limits leave room for what
 * float32 does: beside float64, PyTorch's own logit gradients are off by 2 %, because ReLU6 units change sides, and
 * two right programs drift apart from step to step.
 */
function sameRows(name: string, { losses, gradients }: Duel): Measurement[] {
  const last = comparedSteps - 1;
  const lossRow = (label: string, step: number, atMost: number): Measurement => {
    const [ours, peer] = [losses.ours[step]!, losses.peer[step]!];
    return {
      name: `${name}: ${label}, ours against PyTorch's`,
      value: 1e6 * Math.abs(ours / peer - 1),
      unit: 'ppm',
      target: { atMost },
      note: `ours ${ours.toFixed(6)}, PyTorch ${peer.toFixed(6)}`,
    };
  };
  const differences = gradients.map(relativeDifference);
  return [
    lossRow('first loss', 0, 10),
    lossRow(`loss of step ${comparedSteps}`, last, 10_000),
    {
      name: `${name}: first logit gradients, ours against PyTorch's`,
      value: 100 * median(differences),
      unit: '%',
      target: { atMost: 10 },
      note: `norm of the difference, median of ${differences.length} draws; largest ${(100 * Math.max(...differences)).toFixed(1)}`,
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
