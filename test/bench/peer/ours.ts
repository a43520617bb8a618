/**
 * @file Trains our supernet, answering requests on standard input, one JSON a line: see protocol.ts.
 *
 *     tsx test/bench/peer/ours.ts wasm|tensorflow
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { type BackendName, selectBackend } from '../../../batch/backend/select.ts';
import type { SampledPair } from '../../../batch/supernet/formulas/pair.ts';
import { Setting } from '../step-setting.ts';
import type { architectureAnswer, memoryAnswer, Request, readyAnswer, SetupRequest, weightAnswer } from './protocol.ts';

let current: Setting | undefined;

async function answer(request: Exclude<Request, { do: 'quit' }>) {
  switch (request.do) {
    case 'setup':
      return setup(request);
    case 'weight':
      return weightSteps(request.path, request.repeats);
    case 'architecture':
      return architectureSteps(request.pairs, request.repeats);
    case 'memory':
      return memory();
  }
}

async function setup({ shape }: SetupRequest): Promise<z.infer<typeof readyAnswer>> {
  const { line } = await selectBackend(process.argv[2] as BackendName);
  current = new Setting(shape);
  return { line };
}

function weightSteps(path: readonly number[], repeats: number): z.infer<typeof weightAnswer> {
  const network = setting().supernet.network(path);
  const { ms, results } = timed(repeats, () => setting().weightStep(network));
  return { ms, losses: results.map(({ loss }) => loss) };
}

function architectureSteps(pairs: readonly SampledPair[], repeats: number): z.infer<typeof architectureAnswer> {
  const sampled = { pairs: [...pairs], path: pairs.map(({ pair, active }) => pair[active]) };
  const { ms, results } = timed(repeats, () => setting().architectureStep(sampled));
  return { ms, losses: results.map(({ loss }) => loss), gradient: results[0]!.gradient };
}

function timed<T>(repeats: number, step: () => T): { ms: number[]; results: T[] } {
  const ms: number[] = [];
  const results: T[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    results.push(step());
    ms.push(performance.now() - start);
  }
  return { ms, results };
}

/** As the kernel counts it (in units of 1,024 bytes): `getrusage` would count what this process was before `exec`. */
function memory(): z.infer<typeof memoryAnswer> {
  const status = readFileSync('/proc/self/status', 'utf8');
  const bytes = (field: string) => 1024 * Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]);
  return { peakRssBytes: bytes('VmHWM'), rssBytes: bytes('VmRSS') };
}

function setting(): Setting {
  if (!current) throw new Error('a step was asked for before the set-up');
  return current;
}

for await (const line of createInterface({ input: process.stdin })) {
  const request: Request = JSON.parse(line);
  if (request.do === 'quit') break;
  const answered = await answer(request).catch((error) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  process.stdout.write(`${JSON.stringify(answered)}\n`);
}
// An open standard input would keep the process waiting.
process.stdin.destroy();
