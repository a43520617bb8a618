/** @file What both sides of one setting are given: images, labels and first weights as files, paths and pairs as drawn. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samplePairs } from '../../../batch/supernet/architecture-step.ts';
import type { SampledPair } from '../../../batch/supernet/formulas/pair.ts';
import { macsTable, pathCost } from '../../../shared/latency/cost-table.ts';
import { Random } from '../../../shared/random.ts';
import { uniformPath } from '../../../shared/space/path.ts';
import { encodeSafetensors } from '../../../shared/weights/safetensors.ts';
import { randomBatch } from '../random-batch.ts';
import { learningRate, Setting, type SettingShape } from '../step-setting.ts';
import type { SetupRequest } from './protocol.ts';

export interface Inputs {
  /** e.g. `cifar 32 px × 128` */
  name: string;
  setup: Omit<SetupRequest, 'threads'>;
  /** seeded uniform paths, for weight steps */
  paths: number[][];
  /** seeded pairs, for architecture steps */
  pairs: SampledPair[][];
}

/** Draws all of it from the shape's seed and writes the files into `folder`. */
export function makeInputs(shape: SettingShape, count: number, folder: string): Inputs {
  const setting = new Setting(shape);
  const { name, plan, supernet, logits } = setting;
  const { images, labels } = randomBatch(shape);
  const variables = [...supernet.parameters, ...supernet.statistics];
  const weights = new Map(variables.map((one) => [one.name, { shape: one.value.shape, data: one.read() }]));
  mkdirSync(folder, { recursive: true });
  const write = (file: string, { buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): string => {
    writeFileSync(join(folder, file), new Uint8Array(buffer, byteOffset, byteLength));
    return join(folder, file);
  };
  const files = {
    images: write('images.f32', images.dataSync<'float32'>()),
    labels: write('labels.i32', labels),
    weights: write('weights.safetensors', encodeSafetensors(weights, {})),
  };
  for (const tensor of [images, ...variables]) tensor.dispose();

  const macs = macsTable(plan);
  const firstPath = plan.blocks.map(() => 0);
  const budget = pathCost(macs, firstPath);
  const many = Array.from({ length: count }, (_, i) => i);
  return {
    name,
    setup: {
      do: 'setup',
      shape,
      plan,
      files,
      learningRate,
      logits: logits.map((block) => Array.from(block)),
      costs: macs.blocks.map((block) => block.map((cost) => cost / budget)),
    },
    paths: many.map((i) => uniformPath(plan, Random.named(shape.seed, `path/${i}`))),
    pairs: many.map((i) => samplePairs(logits, Random.named(shape.seed, `pairs/${i}`)).pairs.map((pair) => pair!)),
  };
}
