/** @file `fastpath measure --operators` as a process: afterwards the latency of a network of any kind is known. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { latencyTableSchema } from '../../shared/contract/latency.ts';
import { stripWeights } from '../../shared/onnx/strip-weights.ts';
import { wellKnownOnnx } from '../bench/networks/well-known.ts';
import { Command } from '../integration/command.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-operators-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('operators of this machine are timed, and price what is no network of blocks', async () => {
  const command = new Command(root);
  const out = join(root, 'table.json');
  const sizes = ['--space', 'tiny', '--networks', '5', '--rounds', '1'];
  const measured = await command.run('measure', '--operators', ...sizes, '--hardware', 'here', '--out', out, '--json');
  expect(measured.code).toBe(0);
  const { operators } = latencyTableSchema.parse(JSON.parse(await readFile(out, 'utf8')));
  expect(operators!.probes.filter(({ whole }) => whole)).toHaveLength(120);
  for (const { operators: counts, latencyUs, count } of operators!.probes) {
    expect(Object.keys(counts).length).toBeGreaterThan(0);
    expect([latencyUs > 0, count]).toEqual([true, 1]);
  }

  const file = join(root, 'resnet.onnx');
  await writeFile(file, stripWeights(wellKnownOnnx('ResNet-18')));
  const predicted = await command.run('predict', '--json', '--blocks', '--hardware', 'here', file);
  const [prediction] = JSON.parse(predicted.out);
  expect(prediction.flags).not.toContainEqual(expect.stringMatching(/from size/));
  expect(prediction.blocks.length).toBeGreaterThan(20);
  // No processor does 1.8 thousand million multiply-adds in a millisecond on one thread.
  expect(prediction.latencyMs).toBeGreaterThan(1);
  expect(prediction.highMs).toBeGreaterThan(prediction.latencyMs);
}, 300_000);
