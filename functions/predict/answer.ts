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
import { JsonBytes, utf8 } from './json-bytes.ts';

/** So that nobody can choose parts that slow a numbering down. */
const seed = () => Math.trunc(Math.random() * 2 ** 32);

interface Device {
  costs: PartCosts;
  /** `,"hardware":"…","latencyMs":` */
  before: Uint8Array;
  /** the model's own flags, as JSON without brackets */
  flags: string;
  flagBytes: Uint8Array;
  /** `,"overheadMs":…,"blocks":[` */
  overhead: Uint8Array;
  /** the JSON of each part behind its name; none where no blocks are asked for */
  parts: Uint8Array[];
}

/**
 * `{ predictions: [{ architecture, hardware, latencyMs, lowMs, highMs, flags, overheadMs?, blocks? }] }` as UTF-8,
 * architectures in the order asked for and under each of them all hardware. Times are rounded to a nanosecond.
 *
 * @param models of `request.hardware`, in its order
 */
export function latencyAnswer(request: LatencyRequest, models: readonly FittedLatencyModel[]): Uint8Array<ArrayBuffer> {
  const { architectures, interval = true, blocks = false, ids = false } = request;
  const numbering = new PartNumbering(seed());
  const numbers = new Int32Array(architectures.reduce((room, own) => room + own.blocks.length + 3, 0));
  const ends = new Int32Array(architectures.length);
  for (let i = 0, at = 0; i < architectures.length; i++) {
    at = numbering.write(architectures[i]!, true, numbers, at);
    ends[i] = at;
  }
  const devices = models.map((model) => deviceOf(model, numbering, blocks));

  const json = new JsonBytes();
  json.add(words.open);
  for (let i = 0; i < architectures.length; i++) {
    const start = i === 0 ? 0 : ends[i - 1]!;
    const end = ends[i]!;
    const id = ids ? utf8(`"${architectureId(architectures[i]!)}"`) : undefined;
    for (let j = 0; j < devices.length; j++) {
      const device = devices[j]!;
      const { costs } = device;
      const latencyUs = costs.meanUs(numbers, start, end);
      json.add(i + j === 0 ? words.first : words.next);
      if (id === undefined) json.count(i);
      else json.add(id);
      json.add(device.before);
      json.milliseconds(latencyUs);
      if (interval) {
        const reachUs = costs.reachUs(numbers, start, end, latencyUs);
        json.add(words.low);
        json.milliseconds(Math.max(0, latencyUs - reachUs));
        json.add(words.high);
        json.milliseconds(latencyUs + reachUs);
      }
      json.add(words.flags);
      const own = costs.flags(numbers, start, end);
      json.add(own.length === 0 ? device.flagBytes : utf8(listed(device.flags, own)));
      json.add(words.endList);
      if (blocks) {
        json.add(device.overhead);
        for (let k = start; k < end; k++) {
          json.add(utf8(`${k === start ? '' : ','}{"name":"${partName(k - start, end - start)}",`));
          json.add(device.parts[numbers[k]!]!);
        }
        json.add(words.endList);
      }
      json.add(words.end);
    }
  }
  json.add(words.close);
  return json.bytes();
}

const words = {
  open: utf8('{"predictions":['),
  first: utf8('{"architecture":'),
  next: utf8(',{"architecture":'),
  low: utf8(',"lowMs":'),
  high: utf8(',"highMs":'),
  flags: utf8(',"flags":['),
  endList: utf8(']'),
  end: utf8('}'),
  close: utf8(']}'),
};

function deviceOf(model: FittedLatencyModel, numbering: PartNumbering, blocks: boolean): Device {
  const costs = model.costsOf(numbering);
  const flags = listed('', model.data.flags);
  return {
    costs,
    before: utf8(`,"hardware":${JSON.stringify(model.hardware.id)},"latencyMs":`),
    flags,
    flagBytes: utf8(flags),
    overhead: utf8(`,"overheadMs":${milliseconds(model.overheadUs)},"blocks":[`),
    parts: blocks
      ? Array.from({ length: numbering.size }, (_, number) => {
          const signature = signatureOf(numbering.part(number));
          return utf8(`"signature":"${signature}","latencyMs":${milliseconds(costs.partUs(number))}}`);
        })
      : [],
  };
}

/** More flags behind those that are JSON already. */
function listed(before: string, flags: readonly string[]): string {
  const own = flags.map((flag) => JSON.stringify(flag)).join(',');
  return before === '' ? own : `${before},${own}`;
}

function milliseconds(us: number): number {
  return Math.round(us * 1e3) / 1e6;
}
