/** @file What a device likes: latency per multiply-add of each candidate by stage, from the table measured. */
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { signatureOf } from '../../../shared/latency/signature.ts';
import { candidateCost } from '../../../shared/space/cost.ts';
import { blockOf } from '../../../shared/space/path.ts';
import { type MeanInterval, mean, meanInterval } from '../search-statistics.ts';
import { plan } from './budget.ts';
import { factorOf } from './verdicts.ts';

export interface Preference {
  /** from 1 */
  stage: number;
  kernel: number;
  expansion: number;
  /** nanoseconds for a thousand multiply-adds, mean over the blocks of the stage */
  nsPerKiloMac: number;
}

export function preferencesOf(table: LatencyTable): Preference[] {
  const groups = new Map<string, Preference & { blocks: number }>();
  for (const { signature: _, ns, macs, stage, kernel, expansion } of timedCandidates(table)) {
    const key = `${stage} ${kernel} ${expansion}`;
    const group = groups.get(key) ?? { stage, kernel, expansion, nsPerKiloMac: 0, blocks: 0 };
    group.nsPerKiloMac += (1000 * ns) / macs;
    group.blocks++;
    groups.set(key, group);
  }
  return [...groups.values()].map(({ blocks, nsPerKiloMac, ...rest }) => ({
    ...rest,
    nsPerKiloMac: nsPerKiloMac / blocks,
  }));
}

/**
 * How much of kernel 3's price per multiply-add kernel 7 has on `b` as against `a`, over all pairs of blocks that differ
 * in the kernel alone; under 1: `b` likes large kernels better.
 */
export function largeKernelRatio(a: LatencyTable, b: LatencyTable): MeanInterval {
  const byPair = [a, b].map((table) => {
    const all = timedCandidates(table);
    return new Map(
      all
        .filter(({ kernel }) => kernel === 7)
        .map(({ signature, ns, macs }) => {
          const small = all.find((other) => other.signature === smallKernel(signature))!;
          return [signature, Math.log(ns / macs / (small.ns / small.macs))] as const;
        }),
    );
  });
  const logs = [...byPair[0]!].map(([signature, log]) => byPair[1]!.get(signature)! - log);
  return factorOf(meanInterval(logs));
}

/** Time of kernel 7 over that of kernel 3, geometric mean over blocks that differ in the kernel alone. */
export function largeKernelTime(table: LatencyTable): number {
  const all = timedCandidates(table);
  const logs = all
    .filter(({ kernel }) => kernel === 7)
    .map(({ signature, ns }) => Math.log(ns / all.find((other) => other.signature === smallKernel(signature))!.ns));
  return Math.exp(mean(logs));
}

function smallKernel(signature: string): string {
  return signature.replace('-k7-', '-k3-');
}

/** Every candidate that the table has timed, equal blocks once. */
function timedCandidates({ entries }: LatencyTable) {
  const seen = new Set<string>();
  return plan.blocks.flatMap((choiceBlock) =>
    choiceBlock.candidates.flatMap((candidate) => {
      const block = blockOf(choiceBlock, candidate);
      if (block === null || candidate.op === 'zero') return [];
      const signature = signatureOf({ kind: 'mbconv', block, inputSize: choiceBlock.inputSize });
      const entry = entries[signature];
      if (entry === undefined || seen.has(signature)) return [];
      seen.add(signature);
      const { macs } = candidateCost(choiceBlock, candidate);
      const { kernel, expansion } = candidate;
      return [{ signature, ns: 1000 * entry.latencyUs, macs, stage: choiceBlock.stage + 1, kernel, expansion }];
    }),
  );
}

/** How many blocks of a path have kernel 3, 5, 7, and how many are left out. */
export function kernelCounts(path: readonly number[]): number[] {
  const kernels = path.map((choice, i) => {
    const candidate = plan.blocks[i]!.candidates[choice]!;
    return candidate.op === 'zero' ? null : candidate.kernel;
  });
  return [3, 5, 7, null].map((kernel) => kernels.filter((one) => one === kernel).length);
}
