/** @file `fastpath demo-data`: writes the synthetic image set. Its generator decodes and encodes: a process of its own. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { type Console, writeJson } from '../console.ts';
import { entryPoint } from '../package-root.ts';

export interface DemoDataFlags {
  out: string;
  seed: number;
  json?: boolean;
}

export async function demoData({ out, seed, json }: DemoDataFlags, console: Console): Promise<void> {
  await writeDemoData(out, seed);
  if (json) writeJson(console, { data: resolve(out) });
  else console.out.write(`synthetic images in ${out}: use it as --data ${out}\n`);
}

/** @throws FastpathError `demo-data.failed`; the generator has said on stderr what went wrong */
export async function writeDemoData(folder: string, seed: number): Promise<void> {
  const args = [...entryPoint('batch/demo-data'), folder, '--seed', String(seed)];
  // What the generator says is for people, so that it leaves stdout to the answer of --json.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('exit', done);
    child.once('error', failed);
  });
  if (code !== 0) throw new FastpathError('demo-data.failed', `no demo data was written to ${folder}`);
}
