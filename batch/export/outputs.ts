/** @file What a network gives out for images: from the trainer's own forward pass, and compared with another runtime's. */
import { type Tensor as BackendTensor, tensor } from '@tensorflow/tfjs-core';
import { featureTaps } from '../../shared/architecture/features.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { ExportCheck } from '../../shared/contract/export.ts';
import { FastpathError } from '../../shared/errors.ts';
import { moveAxes } from '../../shared/weights/move-axes.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { passes } from '../network/pass.ts';
import type { Images } from './images.ts';

/** By name as `outputsOf` has them: logits [n, classes], or maps, channels first or last. */
export type Outputs = Map<string, { shape: number[]; data: Float32Array }>;

/** [n, classes] */
type Logits = { shape: number[]; data: Float32Array };

/** Images that run at once; more would only take more memory. */
export const batchSize = 16;

/** By this much may an export differ from the trainer: logits absolutely, features as a share of the largest. */
export const tolerance = 1e-4;

/** The pixels batch by batch. */
export function* batchesOf({ pixels, count, resolution }: Images): Generator<{ data: Float32Array; shape: number[] }> {
  const each = resolution * resolution * 3;
  for (let from = 0; from < count; from += batchSize) {
    const size = Math.min(batchSize, count - from);
    const data = pixels.subarray(from * each, (from + size) * each);
    yield { data, shape: [size, resolution, resolution, 3] };
  }
}

/** The trainer's own outputs, maps with channels last. */
export function referenceOutputs(
  network: ConvNet,
  architecture: Architecture,
  features: boolean,
  images: Images,
): Outputs {
  const collected = new Collector();
  for (const { data, shape } of batchesOf(images)) {
    const x = tensor(data, shape);
    const outputs = features ? tappedMaps(network, architecture, x) : { output: network.logits(x, passes.inference) };
    x.dispose();
    for (const [name, output] of Object.entries(outputs)) {
      collected.add(name, output.shape, output.dataSync<'float32'>());
      output.dispose();
    }
  }
  return collected.outputs();
}

function tappedMaps(network: ConvNet, architecture: Architecture, images: BackendTensor) {
  const taps = featureTaps(architecture);
  const maps: Record<string, BackendTensor> = {};
  let x = network.stem.forward(images, passes.inference).y;
  for (const [i, block] of [network.first, ...network.blocks].slice(0, taps.at(-1)!.block + 1).entries()) {
    const y = block === null ? x : block.forward(x, passes.inference).y;
    const isKept = taps.some((tap) => tap.block === i - 1);
    if (!isKept && y !== x) x.dispose();
    x = y;
    const tap = taps.find((each) => each.block === i);
    if (tap !== undefined) maps[`stride${tap.stride}`] = x;
  }
  return maps;
}

/** Gathers what batches give out. */
export class Collector {
  private readonly parts = new Map<string, { shape: readonly number[]; data: Float32Array }[]>();

  add(name: string, shape: readonly number[], data: Float32Array): void {
    const parts = this.parts.get(name) ?? [];
    this.parts.set(name, parts);
    // A copy: runtimes use their buffers again.
    parts.push({ shape, data: data.slice() });
  }

  outputs(): Outputs {
    return new Map(
      [...this.parts].map(([name, parts]) => {
        const [, ...dims] = parts[0]!.shape;
        const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
        let at = 0;
        for (const part of parts) {
          data.set(part.data, at);
          at += part.data.length;
        }
        return [name, { shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...dims], data }];
      }),
    );
  }
}

/** [n, h, w, channels] → [n, channels, h, w]; logits stay. */
export function channelsFirst(outputs: Outputs): Outputs {
  return new Map(
    [...outputs].map(([name, maps]) => [name, maps.shape.length === 4 ? moveAxes(maps, [0, 3, 1, 2]) : maps]),
  );
}

/** Of the first so many images. */
export function firstOutputs(outputs: Outputs, count: number): Outputs {
  return new Map(
    [...outputs].map(
      ([
        name,
        {
          shape: [all, ...dims],
          data,
        },
      ]) => {
        return [name, { shape: [count, ...dims], data: data.subarray(0, (data.length / all!) * count) }];
      },
    ),
  );
}

type Agreement = Pick<ExportCheck, 'largestDifference' | 'largestOutput' | 'top1Agreement'>;

/** @param actual in the same layout */
export function compareOutputs(expected: Outputs, actual: Outputs): Agreement {
  let largestDifference = 0;
  let largestOutput = 0;
  for (const [name, { shape, data }] of expected) {
    const other = actual.get(name);
    if (other === undefined || other.shape.join() !== shape.join()) {
      const found = other === undefined ? 'nothing' : `[${other.shape}]`;
      throw new FastpathError('export.differs', `the export gives ${found} for ${name} where [${shape}] is expected`);
    }
    for (let i = 0; i < data.length; i++) {
      // Math.max keeps a NaN, whatever comes after it.
      largestDifference = Math.max(largestDifference, Math.abs(data[i]! - other.data[i]!));
      largestOutput = Math.max(largestOutput, Math.abs(data[i]!));
    }
  }
  const logits = expected.get('output');
  const top1Agreement = logits === undefined ? null : sameTopClass(logits, actual.get('output')!);
  return { largestDifference, largestOutput, top1Agreement };
}

/** Share of images with the same top class, or with one that the trainer itself has level with its own. */
function sameTopClass(expected: Logits, actual: Logits): number {
  const [count, classes] = expected.shape;
  const own = topClasses(expected);
  const same = topClasses(actual).filter((found, i) => {
    const logit = (k: number) => expected.data[i * classes! + k]!;
    return logit(own[i]!) - logit(found) <= tolerance;
  });
  return same.length / count!;
}

/** @throws FastpathError `export.not-finite` where the trainer's outputs or the export's are no numbers */
export function requireFinite({ runtime, largestDifference, largestOutput }: ExportCheck): void {
  if (!Number.isFinite(largestOutput)) {
    const message =
      'the trained network gives outputs that are no finite numbers: train it again with a lower learning rate';
    throw new FastpathError('export.not-finite', message);
  }
  if (!Number.isFinite(largestDifference)) {
    const message = `the export gives outputs that are no finite numbers in ${runtime}: it was not kept; please report this`;
    throw new FastpathError('export.not-finite', message);
  }
}

/** @throws FastpathError `export.differs` where an export's outputs are not the trainer's */
export function requireAgreement(check: ExportCheck): void {
  const { runtime, images, largestDifference, largestOutput, top1Agreement } = check;
  const refused = (what: string) =>
    new FastpathError('export.differs', `the export ${what}: it was not kept; please report this`);
  const limit = top1Agreement === null ? tolerance * Math.max(1, largestOutput) : tolerance;
  if (largestDifference > limit) {
    throw refused(`differs from the trained network by ${largestDifference} in ${runtime}, over ${limit}`);
  }
  if (top1Agreement !== null && top1Agreement < 1) {
    const others = Math.round((1 - top1Agreement) * images);
    throw refused(`has another top class than the trained network for ${others} of ${images} images in ${runtime}`);
  }
}

/** The most probable class of each image; of equal ones the first. */
export function topClasses({ shape: [count, classes], data }: Logits): number[] {
  return Array.from({ length: count! }, (_, i) => {
    let top = 0;
    for (let k = 1; k < classes!; k++) if (data[i * classes! + k]! > data[i * classes! + top]!) top = k;
    return top;
  });
}

/** Share of equal entries. */
export function agreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal / a.length;
}
