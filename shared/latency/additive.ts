/**
 * @file The additive latency model: the cost of a call, plus the sum over the parts of what each takes alone. What it
 * leaves out (caches warmed or emptied by the neighbours, layout changes between blocks) is in its interval.
 */
import type { Architecture } from '../contract/architecture.ts';
import type { Hardware, LatencyTable } from '../contract/latency.ts';
import { FastpathError } from '../errors.ts';
import { interpolateClassifier } from './classifier.ts';
import { predictionInterval } from './interval.ts';
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
    if (this.table.drift.unstable)
      flags.push(`the latency table of ${this.hardware.id} was measured on a busy machine`);
    return {
      latencyUs,
      ...predictionInterval(
        latencyUs,
        parts.map(({ spreadUs }) => spreadUs),
        this.table.networks ?? [],
      ),
      flags,
      blocks: parts.map(({ name, signature, latencyUs: partUs }) => ({ name, signature, latencyUs: partUs })),
    };
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
      `no latency is known for ${name} (${signature}) on ${this.hardware.id}: use what its table covers ` +
        `(${this.coverage()}), or measure that block on the device`,
    );
  }

  private coverage(): string {
    const bySpace = new Map<string, number[]>();
    for (const { space, resolution } of this.table.coverage) {
      bySpace.set(space, [...(bySpace.get(space) ?? []), resolution]);
    }
    return [...bySpace].map(([space, resolutions]) => `${space} at ${resolutions.join(', ')} pixels`).join('; ');
  }
}
