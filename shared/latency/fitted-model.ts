/**
 * @file Evaluates a latency model (`shared/contract/latency-model.ts`): loading compiles the JSON into arrays by part
 * number, after which a prediction is a few additions a part.
 */
import type { Architecture } from '../contract/architecture.ts';
import type { Hardware } from '../contract/latency.ts';
import type { LatencyModelData } from '../contract/latency-model.ts';
import type { LatencyModel, LatencyPrediction } from './model.ts';
import { type NamedPart, partsOf } from './part.ts';
import { PartCosts } from './part-costs.ts';
import { PartNumbering } from './part-numbering.ts';
import { parseSignature, signatureOf } from './signature.ts';
import { UntimedParts } from './untimed.ts';

export class FittedLatencyModel implements LatencyModel {
  readonly hardware: Hardware;
  readonly overheadUs: number;
  private readonly numbering = new PartNumbering();
  private readonly timed: PartCosts;
  private readonly untimed: UntimedParts;
  private numbers = new Int32Array(64);

  /**
   * @param data as its schema has it, unchecked here
   * @throws FastpathError `latency.bad-signature`
   */
  constructor(readonly data: LatencyModelData) {
    this.hardware = data.hardware;
    this.overheadUs = data.overheadUs;
    const entries = Object.entries(data.parts);
    const parts = entries.map(([signature]) => parseSignature(signature));
    for (const part of parts) this.numbering.add(part);
    this.timed = new PartCosts(data, parts.length);
    const estimated = new Set(data.estimated);
    const doubt = (names: string) =>
      `not timed on ${data.hardware.id}, estimated from size and whole networks: ${names}`;
    for (const [number, [signature, [latencyUs, ...factorsUs]]] of entries.entries()) {
      const cost = { latencyUs: latencyUs!, deviationUs: 0, factorsUs };
      this.timed.set(number, estimated.has(signature) ? { ...cost, doubt } : cost);
    }
    this.untimed = new UntimedParts(data, parts);
  }

  /** The mean alone, microseconds. About half a microsecond where the table has every part. */
  meanUs(architecture: Architecture): number {
    const room = architecture.blocks.length + 3;
    if (this.numbers.length < room) this.numbers = new Int32Array(2 * room);
    const end = this.numbering.write(architecture, false, this.numbers, 0);
    const latencyUs = this.timed.meanUs(this.numbers, 0, end);
    return Number.isNaN(latencyUs) ? this.predict(architecture).latencyUs : latencyUs;
  }

  predict(architecture: Architecture): LatencyPrediction {
    const named = partsOf(architecture);
    const numbering = new PartNumbering();
    const numbers = Int32Array.from(named, ({ part }) => numbering.add(part));
    const costs = this.costsOf(numbering);
    const latencyUs = costs.meanUs(numbers, 0, numbers.length);
    const reachUs = costs.reachUs(numbers, 0, numbers.length, latencyUs);
    return {
      latencyUs,
      lowUs: Math.max(0, latencyUs - reachUs),
      highUs: latencyUs + reachUs,
      flags: [...this.data.flags, ...costs.flags(numbers, 0, numbers.length)],
      blocks: named.map(({ name, part }, i) => {
        return { name, signature: signatureOf(part), latencyUs: costs.partUs(numbers[i]!) };
      }),
    };
  }

  knows({ part }: NamedPart): boolean {
    const numbering = new PartNumbering();
    return this.numbering.findIn(numbering, numbering.add(part)) >= 0 || this.untimed.follows(part);
  }

  partLatencyUs({ part }: NamedPart): number {
    const numbering = new PartNumbering();
    const number = numbering.add(part);
    return this.costsOf(numbering).partUs(number);
  }

  /**
   * What every part of `numbering` costs on this hardware. To predict many networks on many devices, number their parts
   * once and ask each model once.
   */
  costsOf(numbering: PartNumbering): PartCosts {
    const costs = new PartCosts(this.data, numbering.size);
    for (let number = 0; number < numbering.size; number++) {
      const known = this.numbering.findIn(numbering, number);
      if (known >= 0) costs.copy(number, this.timed, known);
      else costs.set(number, this.untimed.estimate(numbering.part(number)));
    }
    return costs;
  }
}
