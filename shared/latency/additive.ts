/**
 * @file The additive latency model: the cost of a call, plus the sum over the parts of what each takes alone. What it
 * leaves out (caches warmed or emptied by the neighbours, layout changes between blocks) is in its interval.
 */
import type { Architecture } from '../contract/architecture.ts';
import type { Hardware, LatencyTable } from '../contract/latency.ts';
import { FastpathError } from '../errors.ts';
import { interpolateClassifier } from './classifier.ts';
import { fewNetworks, hasSum, predictionInterval } from './interval.ts';
import type { LatencyModel, LatencyPrediction } from './model.ts';
import { type NamedPart, partsOf } from './part.ts';
import { signatureOf } from './signature.ts';

interface Timed {
  signature: string;
  latencyUs: number;
  spreadUs: number;
  flag?: string;
}

export class AdditiveLatencyModel implements LatencyModel {
  readonly hardware: Hardware;
  readonly overheadUs: number;

  constructor(private readonly table: LatencyTable) {
    this.hardware = table.hardware;
    this.overheadUs = table.overheadUs;
  }

  predict(architecture: Architecture): LatencyPrediction {
    const parts = partsOf(architecture).map((part) => ({ name: part.name, ...this.timed(part) }));
    const latencyUs = parts.reduce((sum, part) => sum + part.latencyUs, this.overheadUs);
    const flags = parts.flatMap(({ flag }) => (flag === undefined ? [] : [flag]));
    const networks = (this.table.networks ?? []).filter(hasSum);
    if (this.table.drift?.unstable === true)
      flags.push(`the latency table of ${this.hardware.id} was measured on a busy machine`);
    if (networks.length < fewNetworks)
      flags.push(`few whole networks were timed on ${this.hardware.id}: the interval is assumed from other hardware`);
    return {
      latencyUs,
      ...predictionInterval(
        latencyUs,
        parts.map(({ spreadUs }) => spreadUs),
        networks,
      ),
      flags,
      blocks: parts.map(({ name, signature, latencyUs: partUs }) => ({ name, signature, latencyUs: partUs })),
    };
  }

  knows(part: NamedPart): boolean {
    try {
      this.timed(part);
      return true;
    } catch (error) {
      if (error instanceof FastpathError) return false;
      throw error;
    }
  }

  partLatencyUs(part: NamedPart): number {
    return this.timed(part).latencyUs;
  }

  private timed({ name, part }: NamedPart): Timed {
    const signature = signatureOf(part);
    if (Object.hasOwn(this.table.entries, signature)) return { signature, ...this.table.entries[signature]! };
    if (part.kind === 'classifier') {
      const interpolated = interpolateClassifier(this.table.entries, part.in, part.classes);
      if (interpolated !== null) return { signature, ...interpolated };
    }
    throw new FastpathError(
      'latency.unknown-block',
      `no latency is known for ${name} (${signature}) on ${this.hardware.id}: ${this.coverage()}` +
        'measure that block on the device',
    );
  }

  private coverage(): string {
    if (this.table.coverage.length === 0) return 'its table covers no space; ';
    const bySpace = new Map<string, number[]>();
    for (const { space, resolution } of this.table.coverage) {
      bySpace.set(space, [...(bySpace.get(space) ?? []), resolution]);
    }
    const covered = [...bySpace].map(([space, resolutions]) => `${space} at ${resolutions.join(', ')} pixels`);
    return `use what its table covers (${covered.join('; ')}), or `;
  }
}
