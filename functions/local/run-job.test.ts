/**
 * @file The runner against small scripts that write progress and results the way the worker does. What they prove is
 * how the runner follows, stops and reports; the worker itself has its own tests.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { publishedTrainingSchedule, type TrainSpec } from '../../shared/contract/job-spec.ts';
import { processStart } from '../../shared/process-start.ts';
import { specFile } from '../service/search-spec/spec-file.ts';
import { runJob } from './run-job.ts';
import { workerStarter } from './worker-process.ts';

const spec: TrainSpec = {
  format: 'fastpath.train-spec/1',
  data: { uri: '/data' },
  architecture: {
    format: 'fastpath.architecture/1',
    resolution: 32,
    classes: 10,
    stem: { kernel: 3, stride: 2, channels: 16 },
    blocks: [{ op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 16, out: 8, shortcut: false }],
    head: { channels: 128 },
  },
  seed: 0,
  training: publishedTrainingSchedule,
  initialWeights: null,
};
const { id, sha256 } = specFile(spec);

const metrics = {
  format: 'fastpath.metrics/1',
  architectureId: '0123456789abcdef',
  seed: 0,
  backend: 'wasm',
  dataFingerprint: 'f',
  macs: 123_456,
  parameters: 5_000,
  peakActivationBytes: 61_440,
  latency: [
    { hardware: 'cpu-a', budgetMs: 4, latencyMs: 3.9, lowMs: 3.5, highMs: 4.2, flags: ['timed on a busy day'] },
  ],
  weights: 'supernet',
  evaluation: { split: 'validation', images: 200, loss: 1, top1: 0.561, top5: 0.9 },
  search: null,
  skippedImages: 0,
};

/** What every script starts with: the protocol's environment, and how records, results and waiting are written. */
const prelude = `
  import { mkdirSync, writeFileSync } from 'node:fs';
  import { dirname, join } from 'node:path';
  const place = join(process.env.FASTPATH_STORE, process.env.FASTPATH_SEARCH);
  const attempt = Number(process.env.FASTPATH_ATTEMPT);
  const put = (name, text) => {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  };
  put('attempts/' + attempt + '/claim', process.env.FASTPATH_SPEC_SHA256);
  let text = '';
  const record = (value) => {
    text += JSON.stringify(value) + '\\n';
    put('progress/00000' + attempt + '.jsonl', text);
  };
  const step = (n) => record({ type: 'step', step: n, steps: 5, phase: 'training', epoch: 1, loss: 1, accuracy: 0.5,
    validationLoss: null, validationAccuracy: null, latency: [], probabilities: [], imagesPerSecond: 10,
    secondsLeft: 1, tensorBytes: 1, rssBytes: 1, skippedImages: 0 });
  const finish = () => {
    put('result/architecture.json', '{}');
    put('result/weights.safetensors', 'w');
    put('result/paths.svg', '<svg/>');
    put('result/exports/model.onnx', 'o');
    put('result/metrics.json', ${JSON.stringify(JSON.stringify(metrics))});
    record({ type: 'done', step: 5 });
  };
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
`;
const steady = 'for (let n = 1; n <= 5; n++) { step(n); await wait(20); } finish();';
const stoppable = `process.on('SIGTERM', () => { record({ type: 'stopped', step: 2 }); process.exit(0); });
  step(1); step(2); await wait(60000);`;

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-run-'));
  out = join(folder, 'out');
  vi.stubEnv('FASTPATH_HOME', join(folder, 'home'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const place = () => join(folder, 'home', 'tenants/local/searches', id);

/** Runs the job with a worker made of `body`; `onText` sees what is said as it is said. */
async function run(body: string, options: { json?: boolean; onText?: (text: string) => void } = {}) {
  const script = join(folder, 'worker.mjs');
  await writeFile(script, prelude + body);
  const said = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => {
      said[name] += text;
      options.onText?.(text);
    },
  });
  const exitCode = await runJob(spec, {
    out,
    json: options.json === true,
    startWorker: workerStarter({ args: [script] }),
    console: { out: stream('out'), err: stream('err') },
  });
  return { exitCode, ...said };
}

test('a job runs, its results are copied, and what matters is printed with units', async () => {
  const { exitCode, out: printed, err } = await run(steady);
  expect(exitCode).toBe(0);
  expect((await readdir(out)).sort()).toEqual(
    ['architecture.json', 'exports', 'metrics.json', 'paths.svg', 'spec.json', 'weights.safetensors'].sort(),
  );
  expect(printed).toContain('56.1 % top-1, 90.0 % top-5 on 200 validation images');
  expect(printed).toContain('3.90 ms on cpu-a (3.50 ms to 4.20 ms, budget 4.00 ms)');
  expect(printed).toContain('note: timed on a busy day');
  expect(printed).toContain('123 k multiply-adds, 5.00 k parameters, 61.4 kB peak activation memory');
  expect(err).toContain('training, step 1/5');
  expect(await readFile(join(place(), 'attempts/1/claim'), 'utf8')).toBe(sha256);
  expect(await readdir(join(place(), 'running'))).toEqual([]);
});

test('--json: each record a line, the result last, nothing for people among it', async () => {
  const { exitCode, out: printed } = await run(steady, { json: true });
  expect(exitCode).toBe(0);
  const lines = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type, step }) => [type, step])).toEqual([
    ...[1, 2, 3, 4, 5].map((step) => ['step', step]),
    ['done', 5],
    ['result', undefined],
  ]);
  expect(lines.at(-1)).toEqual({
    type: 'result',
    architecture: join(out, 'architecture.json'),
    metrics: join(out, 'metrics.json'),
    weights: join(out, 'weights.safetensors'),
    pareto: null,
    pictures: [join(out, 'paths.svg')],
  });
});

test('a finished job is delivered again without a worker', async () => {
  await run(steady);
  await rm(out, { recursive: true });
  const { exitCode, out: printed } = await run('process.exit(3)');
  expect(exitCode).toBe(0);
  expect(printed).toContain('56.1 % top-1');
  expect(await readdir(join(place(), 'attempts'))).toEqual(['1']);
});

test('a stop signal lets the worker save, and the same command goes on as the next attempt', async () => {
  let stopped = false;
  const first = await run(stoppable, {
    onText: (text) => {
      if (!stopped && text.includes('step')) {
        stopped = true;
        process.emit('SIGINT', 'SIGINT');
      }
    },
  });
  expect(first.exitCode).toBe(130);
  expect(first.err).toContain('stopped: the same command goes on from here');
  expect(process.listenerCount('SIGINT')).toBe(0);

  const second = await run('for (let n = 2; n <= 5; n++) step(n); finish();', { json: true });
  expect(second.exitCode).toBe(0);
  // Steps 1 and 2 were told before the stop; the old ending is not taken for this run's.
  expect(
    second.out
      .split('\n')
      .filter((line) => line.includes('"type":"step"'))
      .map((line) => JSON.parse(line).step),
  ).toEqual([3, 4, 5]);
  expect((await readdir(join(place(), 'attempts'))).sort()).toEqual(['1', '2']);
});

test('a second signal does not wait for a worker that hangs', async () => {
  let times = 0;
  const { exitCode } = await run(`process.on('SIGTERM', () => {}); step(1); await wait(60000);`, {
    onText: (text) => {
      if (text.includes('step 1/5') && times++ === 0) {
        process.emit('SIGTERM', 'SIGTERM');
        setTimeout(() => process.emit('SIGTERM', 'SIGTERM'), 50);
      }
    },
  });
  expect(exitCode).toBe(130);
});

test("the worker's error is the command's, with its code", async () => {
  const body = `record({ type: 'error', step: 7, code: 'loss.not-finite', message: 'step 7: the loss is NaN', retry: false });
    process.exit(1);`;
  await expect(run(body)).rejects.toMatchObject({ code: 'loss.not-finite', message: 'step 7: the loss is NaN' });
  // The same error again, at the same step: it is this run's and not a repetition of the last one's.
  await expect(run(body)).rejects.toMatchObject({ code: 'loss.not-finite' });
  expect(await readdir(join(place(), 'running'))).toEqual([]);
});

test('a worker that is killed or dies without a word says that the same command goes on, and where it spoke last', async () => {
  await expect(run("step(1); process.kill(process.pid, 'SIGKILL'); await wait(60000);")).rejects.toMatchObject({
    code: 'worker.died',
    message: expect.stringMatching(/SIGKILL.*the same command goes on/),
  });
  await expect(run("console.error('out of memory'); process.exit(7);")).rejects.toThrow(
    /exit code 7.*attempts\/2\/log/,
  );
  expect(await readFile(join(place(), 'attempts/2/log'), 'utf8')).toBe('out of memory\n');
});

test('another live process on the same job is named and left alone', async () => {
  await mkdir(join(place(), 'running'), { recursive: true });
  await writeFile(join(place(), 'running', `worker-${process.ppid}-${await processStart(process.ppid)}`), '');
  await expect(run(steady)).rejects.toMatchObject({
    code: 'search.running',
    message: expect.stringContaining(`process ${process.ppid}`),
  });
  await expect(readdir(join(place(), 'attempts'))).rejects.toThrow();
});

test("a folder with another job's results is refused before anything runs", async () => {
  await mkdir(out);
  await writeFile(join(out, 'spec.json'), 'of another job');
  await expect(run(steady)).rejects.toMatchObject({ code: 'out.taken' });
  await rm(join(out, 'spec.json'));
  await writeFile(join(out, 'metrics.json'), '{}');
  await expect(run(steady)).rejects.toThrow(/holds results of another run: choose another --out/);
  await rm(join(folder, 'out'), { recursive: true });
  await writeFile(out, 'a file');
  await expect(run(steady)).rejects.toMatchObject({ code: 'out.unusable' });
  await expect(readdir(place())).rejects.toThrow();
});

test('lines that are no records are left out and counted', async () => {
  const { exitCode, err } = await run(`text += 'garbage\\n'; ${steady}`);
  expect(exitCode).toBe(0);
  expect(err).toContain('warning: 1 lines of progress could not be read');
});

test('a spec that was changed on disk is refused', async () => {
  await mkdir(place(), { recursive: true });
  await writeFile(join(place(), 'spec.json'), '{}');
  await expect(run(steady)).rejects.toMatchObject({ code: 'spec.changed' });
});
