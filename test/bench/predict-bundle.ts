/** @file The service as one file: its size without models, and how long a fresh process takes to its first answer. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { randomNetworks } from './predict-models.ts';
import type { Measurement } from './report.ts';
import { median, quantile } from './step-timing.ts';

const run = promisify(execFile);

/** Leaves out the models themselves. */
const withoutModels: Plugin = {
  name: 'without-models',
  setup({ onLoad }) {
    onLoad({ filter: /built-in-models\.ts$/ }, () => ({ contents: 'export const builtInModels = [];' }));
  },
};

/** The entry point as one minified ES module. */
export async function bundle(entry: 'lambda' | 'node' | 'worker', plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`functions/predict/${entry}.ts`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: entry === 'worker' ? 'neutral' : 'node',
    mainFields: ['module', 'main'],
    plugins,
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

export async function bundleSizes(): Promise<Measurement[]> {
  const kilobytes = async (plugins: Plugin[]) => gzipSync(await bundle('worker', plugins), { level: 9 }).length / 1e3;
  return [
    {
      name: 'bundle without models, gzip',
      value: await kilobytes([withoutModels]),
      unit: 'KB',
      target: { atMost: 60 },
      note: `with the shipped models ${(await kilobytes([])).toFixed(1)} KB`,
    },
  ];
}

/**
 * From before the import to the text of the first answer, in processes of their own, in turn with processes that only
 * make a Request and a Response, which Node loads at first use.
 */
export async function firstAnswers(processes: number): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-first-answer-'));
  const body = JSON.stringify({ architectures: randomNetworks(1), hardware: [builtInModels[0]!.hardware.id] });
  await writeFile(join(folder, 'worker.mjs'), await bundle('worker'));
  const request = `new Request('http://service/v1/latency', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })`;
  await writeFile(
    join(folder, 'first.mjs'),
    `const cpuFrom = process.cpuUsage();
    const from = performance.now();
    const { default: service } = await import('./worker.mjs');
    const response = await service.fetch(${request}, {}, { waitUntil() {} });
    const text = await response.text();
    const ms = performance.now() - from;
    if (!text.startsWith('{"predictions":[{')) throw new Error(text);
    const { user, system } = process.cpuUsage(cpuFrom);
    console.log(ms, (user + system) / 1e3);`,
  );
  await writeFile(
    join(folder, 'bare.mjs'),
    `const from = performance.now();
    const text = await new Response(await ${request}.text()).text();
    console.log(performance.now() - from, 0);`,
  );
  const times: Record<'first' | 'bare', number[]> = { first: [], bare: [] };
  const cpuMs: number[] = [];
  for (let i = 0; i < processes; i++) {
    for (const name of ['bare', 'first'] as const) {
      const { stdout } = await run(process.execPath, [join(folder, `${name}.mjs`)]);
      const [wall, cpu] = stdout.split(' ').map(Number);
      times[name].push(wall!);
      if (name === 'first') cpuMs.push(cpu!);
    }
  }
  await rm(folder, { recursive: true });
  return [
    {
      name: 'import and first answer, fresh process',
      value: median(times.first),
      unit: 'ms',
      target: { atMost: 50 },
      baseline: median(times.bare),
      note:
        `baseline: Node’s own Request and Response at first use; ${processes} processes, fastest ` +
        `${Math.min(...times.first).toFixed(1)}, 90 % within ${quantile(times.first, 0.9).toFixed(1)}; ` +
        `CPU ms ${median(cpuMs).toFixed(1)}`,
    },
  ];
}
