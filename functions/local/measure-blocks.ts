/**
 * @file Times the blocks of search spaces on this machine with ONNX Runtime and writes a latency table.
 *
 *   npx tsx functions/local/measure-blocks.ts --id ID --name NAME --device DEVICE --spaces tiny@32,48 cifar@32 --out FILE
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { type LatencyTable, latencyTableSchema } from '../../shared/contract/latency.ts';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { assembleTable } from '../../shared/latency/assemble-table.ts';
import { quantile } from '../../shared/latency/statistics.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { type ContextTimings, timeContext } from './measure/time-context.ts';

const reference = 'mbconv-k5-e6-s1-i40-o40-r14-id';
const calibrationNetworks = 12;
const heldOutNetworks = 12;
const method = { warmUpCalls: 3, visitUs: 1500, quantile: 0.1, calibrationNetworks };

const description = [
  'Each part of a network (stem, block, head, classifier) is an ONNX model of its own with random weights, batch norm',
  'folded, one image, run by onnxruntime-node with one thread and all graph optimisations, output memory given.',
  'In every round each model is visited once, in an order shuffled anew: a few calls are thrown away, then the call is',
  'repeated and the median call counts; the table holds a low quantile over the visits. The cost of a call, timed on a',
  'model that does nothing, is taken off once. What is left is multiplied by the factor by which uniformly drawn whole',
  'networks of the same space and resolution, timed in the same rounds, differ from the sums of their parts.',
].join(' ');

interface Options {
  id: string;
  name: string;
  device: string;
  spaces: string[];
  rounds: string;
  seed: string;
  out: string;
}

/** `tiny@32,48` → the space with each resolution; without `@` its default one. */
function contexts(wanted: readonly string[]): { space: SearchSpace; resolution: number }[] {
  return wanted.flatMap((text) => {
    const [name, resolutions] = text.split('@');
    const space = findSpace(name!);
    const sizes = resolutions === undefined ? [space.resolution] : resolutions.split(',').map(Number);
    return sizes.map((resolution) => ({ space, resolution }));
  });
}

function runtimeName(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return `onnxruntime-node ${version}, CPU`;
}

async function measure(options: Options): Promise<LatencyTable> {
  const rounds = Number(options.rounds);
  const seed = Number(options.seed);
  const timed: ContextTimings[] = [];
  for (const { space, resolution } of contexts(options.spaces)) {
    const start = Date.now();
    timed.push(await timeContext({ ...method, space, resolution, rounds, heldOutNetworks, reference, seed }));
    const seconds = ((Date.now() - start) / 1000).toFixed(0);
    console.error(`${space.name} at ${resolution}: ${timed.at(-1)!.parts.size} parts in ${seconds} s`);
  }
  const parts = new Map<string, number[]>();
  for (const context of timed) {
    for (const [signature, samples] of context.parts) {
      parts.set(signature, [...(parts.get(signature) ?? []), ...samples]);
    }
  }
  const { id, name, device } = options;
  const hardware = { id, name, device, runtime: runtimeName(), batchSize: 1, precision: 'fp32' as const, threads: 1 };
  return assembleTable({
    hardware,
    measuredAt: new Date().toISOString(),
    method: { description, ...method, rounds, seed },
    overheadSamplesUs: timed.flatMap(({ overheadSamplesUs }) => overheadSamplesUs),
    reference: { signature: reference, samplesUs: timed.flatMap(({ referenceSamplesUs }) => referenceSamplesUs) },
    parts,
    contexts: timed.map(({ context }) => context),
  });
}

/** How far sums are from whole networks, and how steady the machine was. */
function report(table: LatencyTable): void {
  for (const { space, resolution, contextFactor } of table.coverage) {
    const errors = table
      .networks!.filter((network) => 'path' in network)
      .filter((network) => network.space === space && network.resolution === resolution)
      .map(({ latencyUs, sumOfBlocksUs }) => 100 * (sumOfBlocksUs! / latencyUs - 1));
    const [low, middle, high] = [0, 0.5, 1].map((q) => quantile(errors, q).toFixed(1));
    console.log(
      `${space} at ${resolution}: factor ${contextFactor}, sum against whole network ${middle} % (${low} to ${high})`,
    );
  }
  const { largestFraction, unstable } = table.drift!;
  console.log(
    `overhead ${table.overheadUs} us, drift ${(100 * largestFraction).toFixed(1)} %${unstable ? ' UNSTABLE' : ''}`,
  );
}

await new Command('measure-blocks')
  .requiredOption('--id <id>', 'hardware id, e.g. amd-epyc-zen4-ort-1t')
  .requiredOption('--name <name>', 'the hardware in words')
  .requiredOption('--device <device>', 'processor')
  .requiredOption('--spaces <space@resolutions...>', 'built-in spaces with their resolutions')
  .option('--rounds <n>', 'visits of each model per space and resolution', '40')
  .option('--seed <n>', 'seeds weights, order and networks', '1')
  .requiredOption('--out <file>', 'the table to write')
  .action(async (options: Options) => {
    const table = latencyTableSchema.parse(await measure(options));
    writeFileSync(options.out, `${JSON.stringify(table, null, 1)}\n`);
    report(table);
  })
  .parseAsync();
