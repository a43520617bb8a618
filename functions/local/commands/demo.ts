/** @file `fastpath demo`: a whole search on synthetic images, small enough for two cores and a few minutes. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Console } from '../console.ts';
import { homeDirectory } from '../home.ts';
import { writeDemoData } from './demo-data.ts';
import { type SearchCommandFlags, search } from './search.ts';

export interface DemoFlags {
  seed: number;
  out?: string;
  json?: boolean;
}

/** About 75,000 image passes over the 5,000 synthetic images; the budget lies between the fastest and slowest path. */
const demoSearch = {
  hardware: 'amd-epyc-zen4-ort-1t',
  budgetMs: 0.08,
  space: 'tiny',
  warmupEpochs: 5,
  epochs: 10,
};

/** The exit code. */
export async function demo({ seed, out, json }: DemoFlags, console: Console): Promise<number> {
  const data = join(homeDirectory(), 'demo-data', `seed-${seed}`);
  if (!existsSync(data)) {
    console.err.write(`drawing synthetic images in ${data}\n`);
    await writeOnce(data, seed);
  }
  const { hardware, budgetMs, space, warmupEpochs, epochs } = demoSearch;
  const line = `fastpath search --data ${data} --hardware ${hardware} --budget-ms ${budgetMs} --space ${space} --warmup-epochs ${warmupEpochs} --epochs ${epochs} --seed ${seed}`;
  console.err.write(`${line}\n`);
  const flags: SearchCommandFlags = {
    data,
    hardware: [hardware],
    budgetMs: [budgetMs],
    space,
    width: 1,
    seed,
    method: 'gradient',
    latencyLoss: 'target',
    warmupEpochs,
    epochs,
    out: out ?? join('fastpath-results', 'demo'),
    ...(json === undefined ? {} : { json }),
  };
  return search(flags, console);
}

/** Under another name first: a set that was cut short is never taken for a whole one. */
async function writeOnce(data: string, seed: number): Promise<void> {
  const unfinished = `${data}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(data), { recursive: true });
  await writeDemoData(unfinished, seed);
  await rename(unfinished, data);
}
