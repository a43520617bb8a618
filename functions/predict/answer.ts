/**
 * @file Predicts every architecture of a request on every hardware and writes the answer's JSON. Written by hand, piece
 * by piece: what repeats in thousands of predictions is turned into text once.
 */
import { architectureId } from '../../shared/architecture/identity.ts';
import type { LatencyRequest } from '../../shared/contract/latency-request.ts';
import type { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { partName } from '../../shared/latency/part.ts';
import type { PartCosts } from '../../shared/latency/part-costs.ts';
import { PartNumbering } from '../../shared/latency/part-numbering.ts';
import { signatureOf } from '../../shared/latency/signature.ts';

/** So that nobody can choose parts that slow a numbering down. */
const seed = () => Math.trunc(Math.random() * 2 ** 32);

interface Device {
  model: FittedLatencyModel;
  costs: PartCosts;
  /** `,"hardware":"…","latencyMs":` */
  before: string;
  /** the model's own flags, each as JSON */
  flags: string[];
  /** `"overheadMs":…` and the JSON of each part but its name, where blocks are asked for */
  overhead: string;
  parts: string[];
}

/**
 * `{ predictions: [{ architecture, hardware, latencyMs, lowMs, highMs, flags, overheadMs?, blocks? }] }`, architectures
 * in the order asked for and under each of them all hardware. Times are rounded to a nanosecond.
 *
 * @param models of `request.hardware`, in its order
 */
export function latencyAnswer(request: LatencyRequest, models: readonly FittedLatencyModel[]): string {
  const { architectures, interval = true, blocks = false, ids = false } = request;
  const numbering = new PartNumbering(seed());
  const numbers = new Int32Array(architectures.reduce((room, own) => room + own.blocks.length + 3, 0));
  const ends = new Int32Array(architectures.length);
  for (let i = 0, at = 0; i < architectures.length; i++) {
    at = numbering.write(architectures[i]!, true, numbers, at);
    ends[i] = at;
  }
  const devices = models.map((model) => deviceOf(model, numbering, blocks));

  let json = '{"predictions":[';
  for (let i = 0; i < architectures.length; i++) {
    const start = i === 0 ? 0 : ends[i - 1]!;
    const end = ends[i]!;
    const name = ids ? `"${architectureId(architectures[i]!)}"` : i;
    for (let j = 0; j < devices.length; j++) {
      const { costs, before, flags, overhead, parts } = devices[j]!;
      const latencyUs = costs.meanUs(numbers, start, end);
      json += `${i + j === 0 ? '' : ','}{"architecture":${name}${before}${milliseconds(latencyUs)}`;
      if (interval) {
        const reachUs = costs.reachUs(numbers, start, end, latencyUs);
        const lowMs = milliseconds(Math.max(0, latencyUs - reachUs));
        json += `,"lowMs":${lowMs},"highMs":${milliseconds(latencyUs + reachUs)}`;
      }
      const own = costs.flags(numbers, start, end);
      json += `,"flags":[${own.length === 0 ? flags : [...flags, ...own.map((flag) => JSON.stringify(flag))]}]`;
      if (blocks) {
        json += overhead;
        for (let k = start; k < end; k++) {
          json += `${k === start ? '' : ','}{"name":"${partName(k - start, end - start)}",${parts[numbers[k]!]}`;
        }
        json += ']';
      }
      json += '}';
    }
  }
  return `${json}]}`;
}

function deviceOf(model: FittedLatencyModel, numbering: PartNumbering, blocks: boolean): Device {
  const costs = model.costsOf(numbering);
  return {
    model,
    costs,
    before: `,"hardware":${JSON.stringify(model.hardware.id)},"latencyMs":`,
    flags: model.data.flags.map((flag) => JSON.stringify(flag)),
    overhead: `,"overheadMs":${milliseconds(model.overheadUs)},"blocks":[`,
    parts: blocks
      ? Array.from({ length: numbering.size }, (_, number) => {
          const signature = signatureOf(numbering.part(number));
          return `"signature":"${signature}","latencyMs":${milliseconds(costs.partUs(number))}}`;
        })
      : [],
  };
}

/** Microseconds as JSON of milliseconds, to a nanosecond. */
function milliseconds(us: number): number {
  return Math.round(us * 1e3) / 1e6;
}
