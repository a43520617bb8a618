/** @file Measuring in Debian's Chromium: the page computes what ONNX Runtime computes, and the command registers it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrowserRunner } from '../../functions/local/measure/browser-runner.ts';
import { OnnxRuntimeRunner } from '../../functions/local/measure/onnxruntime-runner.ts';
import { planMeasuring } from '../../shared/latency/measuring/plan.ts';
import { scheduleOf } from '../../shared/latency/measuring/schedule.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { Command } from '../integration/command.ts';

const visit = { warmUpCalls: 2, visitUs: 2000 };

/** Largest difference as a fraction of the largest number. */
function distance(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const scale = Math.max(...a.map(Math.abs));
  expect(scale).toBeGreaterThan(0.1);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / scale;
}

describe.each([1, 2])('a page with %i threads of WebAssembly', (threads) => {
  let page: BrowserRunner;
  let onnx: OnnxRuntimeRunner;
  beforeAll(async () => {
    onnx = await OnnxRuntimeRunner.open(1);
    page = await BrowserRunner.open(threads);
  });
  afterAll(async () => {
    await page?.close();
    await onnx?.close();
  });

  test('has SIMD, the threads asked for, and the finer clock of an isolated page', () => {
    expect(page.conditions.webAssembly).toEqual({ simd: true, threads: threads > 1 });
    expect(page.conditions.clockStepUs).toBeLessThan(20);
    expect(page.conditions.runtime).toMatch(/^TensorFlow\.js 4\.\d+\.\d+, WebAssembly, Chromium \d+\./);
  });

  test.each([
    ['tiny', 32],
    ['cifar', 40],
    ['mobile-inverted-residual', 96],
  ])('gives the numbers of ONNX Runtime for the same weights: %s at %i', async (name, resolution) => {
    const plan = planMeasuring('short', [{ space: findSpace(name), resolution, networks: 3 }], 1);
    const { models } = scheduleOf(plan, { rounds: 1, seed: 1 })[0]!;
    await page.load(models);
    await onnx.load(models);
    for (const { key } of models) {
      // Rounding of float32, through the fifty layers of a deep network.
      expect(distance(await onnx.output(key), await page.output(key)), key).toBeLessThan(1e-5);
    }
    const [callUs, wholeUs] = [await page.visit('call', visit), await page.visit('network 0', visit)];
    expect(callUs).toBeGreaterThan(0);
    expect(wholeUs).toBeGreaterThan(callUs);
  });
});

test('a browser that goes away is one clear line, and worth another try', async () => {
  const page = await BrowserRunner.open(1);
  await page.load([{ key: 'call', parts: [] }]);
  await page.close();
  await expect(page.visit('call', visit)).rejects.toMatchObject({
    code: 'measure.browser-failed',
    retry: true,
    message: expect.stringMatching(/^the browser failed \(.*\): free some memory; the same command goes on$/),
  });
});

test('fastpath measure --runtime browser registers the browser as hardware', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-browser-'));
  try {
    const command = new Command(root);
    const args = ['--space', 'tiny', '--rounds', '3', '--networks', '4', '--hardware', 'chromium-here', '--json'];
    const { code, out, err } = await command.run('measure', '--runtime', 'browser', ...args);
    expect(err.replace(/^warning: .*\n/, '')).toBe('');
    expect(code).toBe(0);
    const result = JSON.parse(out.trimEnd().split('\n').at(-1)!);
    expect(result).toMatchObject({ type: 'result', parts: 12, networks: 4 });
    expect(result.conditions.webAssembly).toEqual({ simd: true, threads: false });
    const known = JSON.parse((await command.run('hardware', '--json')).out);
    expect(known).toContainEqual(expect.objectContaining({ id: 'chromium-here', scope: 'own' }));
  } finally {
    await rm(root, { recursive: true });
  }
});
