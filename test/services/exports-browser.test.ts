/** @file Exported graph models in Debian's Chromium: they load from a web server, and give what the trainer gives. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectBackend } from '../../batch/backend/select.ts';
import { Exporter } from '../../batch/export/export-network.ts';
import { noiseImages } from '../../batch/export/images.ts';
import { referenceOutputs } from '../../batch/export/outputs.ts';
import { preprocessingFor } from '../../batch/export/prepare.ts';
import { testArchitecture, trainedNetwork, unknownFacts } from '../../batch/export/test-network.ts';
import { writeExport } from '../../batch/export/write-folder.ts';
import { openChromium } from './chromium.ts';

const types = { html: 'text/html', js: 'text/javascript', json: 'application/json', wasm: 'application/wasm' };

let folder: string;
let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-exports-browser-'));
  const entry = join(import.meta.dirname, 'exports-page.ts');
  const bundled = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
  });
  const wasm = join(
    dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
    'dist',
  );
  const read = (path: string): Promise<Uint8Array | string> => {
    if (path === '/') return Promise.resolve('<!doctype html><script src="/page.js"></script>');
    if (path === '/page.js') return Promise.resolve(bundled.outputFiles[0]!.text);
    return readFile(path.startsWith('/wasm/') ? join(wasm, path.slice(6)) : join(folder, normalize(path)));
  };
  server = createServer((request, response) => {
    const path = request.url!;
    const type =
      types[path.split('.').at(-1) as keyof typeof types] ?? (path === '/' ? types.html : 'application/octet-stream');
    read(path).then(
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // As root, Chromium starts only without its sandbox; it loads no page but ours.
  browser = await openChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await selectBackend('wasm');
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([false, true])('a graph model loads in a browser; features: %s', async (features) => {
  const images = noiseImages(32, 4);
  const trained = trainedNetwork(testArchitecture());
  const source = {
    ...trained,
    labels: null,
    preprocessing: preprocessingFor(32),
    facts: unknownFacts,
  };
  const made = await new Exporter(source, { check: images, calibration: null }).make({
    format: 'tfjs',
    features,
    unfolded: false,
  });
  await writeExport(folder, made);
  const outputs = await page.evaluate(
    ({ url, pixels }) =>
      (
        globalThis as unknown as {
          runModel(url: string, side: number, pixels: number[]): Promise<Record<string, number[]>>;
        }
      ).runModel(url, 32, pixels),
    { url: `/${made.folder}/model.json`, pixels: [...images.pixels] },
  );
  const expected = referenceOutputs(trained.network, trained.architecture, features, images);
  expect(Object.keys(outputs).sort()).toEqual([...expected.keys()].sort());
  for (const [name, { data }] of expected) {
    const values = outputs[name]!;
    expect(values).toHaveLength(data.length);
    const scale = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    expect(scale).toBeGreaterThan(0.5);
    for (const [i, value] of values.entries())
      expect(Math.abs(value - data[i]!)).toBeLessThan(1e-4 * Math.max(1, scale));
  }
});
