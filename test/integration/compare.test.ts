/** @file `fastpath compare` as people run it: results, architecture files and published configurations side by side. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { architectureId } from '../../shared/architecture/identity.ts';
import { mobileNetShaped } from '../../shared/comparison/baselines.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { comparisonSchema } from '../../shared/contract/comparison.ts';
import { type Metrics, metricsSchema } from '../../shared/contract/result.ts';
import { expectPicture } from '../../shared/picture/expect-picture.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { Command } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const devices = ['amd-epyc-zen5-ort-1t', 'amd-epyc-zen4-ort-1t'];
const onDevices = devices.flatMap((id) => ['--hardware', id]);
const sized = (width: number): Architecture => ({
  ...mobileNetShaped(findSpace('tiny'), { resolution: 32, classes: 10 }, width),
  space: 'tiny',
});

let root: string;
let command: Command;

async function writeResults(folder: string, architecture: Architecture, top1: number): Promise<void> {
  const metrics: Metrics = metricsSchema.parse({
    ...{ format: 'fastpath.metrics/1', architectureId: architectureId(architecture), seed: 0, backend: 'wasm' },
    ...{ dataFingerprint: 'abcdef0123456789', macs: 1, parameters: 1, peakActivationBytes: 1, latency: [] },
    evaluation: { split: 'test', images: 400, loss: 1, top1, top5: 1 },
    ...{ weights: 'trained', search: null, skippedImages: 0 },
  });
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, 'architecture.json'), JSON.stringify(architecture));
  await writeFile(join(root, folder, 'metrics.json'), JSON.stringify(metrics));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-compare-'));
  command = new Command(root);
  await writeResults('small', sized(0.5), 0.6);
  await writeResults('large', sized(2), 0.7);
  await writeFile(join(root, 'small/other.json'), JSON.stringify(sized(1)));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function compared(...args: string[]) {
  const { code, out, err } = await command.run('compare', ...args, ...onDevices, '--json');
  expect(code, err).toBe(0);
  const { picture, ...comparison } = JSON.parse(out);
  return { ...comparisonSchema.parse(comparison), picture: join(root, picture) };
}

test('results and files: accuracy where it is known, latency on each device, baselines behind them', async () => {
  const { networks, worth, picture } = await compared('small', 'large/architecture.json', 'small/other.json');
  expect(worth).toBe('accuracy');
  expect(networks.slice(0, 4).map(({ name, baseline }) => [name, baseline])).toEqual([
    ['small', false],
    ['large', false],
    ['other.json', false],
    ['MobileNetV2-shaped ×0.35', true],
  ]);
  expect(networks.map(({ accuracy }) => accuracy?.top1 ?? null).slice(0, 3)).toEqual([0.6, 0.7, null]);
  expect(networks[0]!.accuracy!.of).toBe('400 test images of data abcdef01, trained weights');
  for (const { latency } of networks) expect(latency.map(({ hardware }) => hardware)).toEqual(devices);
  const predicted = await command.run('predict', 'large/architecture.json', ...onDevices, '--json');
  expect(networks[1]!.latency.map(({ latencyMs }) => latencyMs)).toEqual(
    JSON.parse(predicted.out).map(({ latencyMs }: { latencyMs: number }) => latencyMs),
  );
  expectPicture(await readFile(picture, 'utf8'), '3 networks compared');
});

test('people get a table, and where the picture is', async () => {
  const args = ['small', 'large', ...onDevices, '--no-baselines', '--out', 'pictures/both.svg'];
  const { out, code } = await command.run('compare', ...args);
  expect(code).toBe(0);
  const [head, small, large, ...rest] = out.trimEnd().split('\n');
  expect(head).toMatch(
    /^network +top-1 +amd-epyc-zen5-ort-1t +amd-epyc-zen4-ort-1t +multiply-adds +parameters +peak memory$/,
  );
  expect(small).toMatch(/^small +60\.0 % +\* 0\.\d+ ms \(0\.\d+ ms to 0\.\d+ ms\) .* kB$/);
  expect(large).toMatch(/^large +70\.0 % /);
  expect(rest).toEqual(['* nothing else is worth as much in less time', 'pictures/both.svg']);
  expectPicture(await readFile(join(root, 'pictures/both.svg'), 'utf8'), '2 networks compared');
});

test('a published configuration is compared at 224 pixels, with published networks', async () => {
  const layer = { name: 'ConvLayer', kernel_size: 3, stride: 2, out_channels: 32 };
  const block = {
    name: 'MBInvertedConvLayer',
    in_channels: 32,
    out_channels: 16,
    kernel_size: 3,
    stride: 2,
    expand_ratio: 1,
  };
  const published = {
    first_conv: layer,
    blocks: [{ mobile_inverted_conv: block, shortcut: null }],
    feature_mix_layer: { ...layer, kernel_size: 1, stride: 1, out_channels: 64 },
    classifier: { out_features: 1000 },
  };
  await writeFile(join(root, 'published.json'), JSON.stringify(published));
  const { networks } = await compared('published.json');
  expect(networks[0]).toMatchObject({ resolution: 224, accuracy: null });
  expect(networks.find(({ name }) => name === 'ProxylessNAS-Mobile')!.accuracy).toEqual({
    top1: 0.746,
    of: 'ImageNet validation images, as published',
  });
});

describe('what is wrong is said in one line', () => {
  const refused = (line: RegExp, ...args: string[]) => command.expectRefusal(['compare', ...args], line);

  test('paths, hardware, results and pictures that are not there or not right', async () => {
    await refused(/^error: there is no file nowhere$/, 'nowhere', ...onDevices);
    await refused(/^error: .*hardware.*amd-epyc-zen5-ort-1t/, 'small', '--hardware', 'amd-epyc-zen5-ort');
    await refused(
      /^error: cannot write small\/metrics\.json\/x\.svg \(E[A-Z]+\): choose another --out$/,
      'small',
      ...onDevices,
      '--out',
      'small/metrics.json/x.svg',
    );
    await writeResults('old', sized(1), 0.5);
    await writeFile(join(root, 'old/metrics.json'), '{"format":"fastpath.metrics/0"}');
    await refused(
      /^error: old\/metrics\.json is not as this version of Fastpath writes it: move it away/,
      'old',
      ...onDevices,
    );
  });
});
