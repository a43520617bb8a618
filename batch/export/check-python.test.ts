/** @file The check in Python: what it prints, whatever that is, becomes a result or a refusal in one line. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { textFile } from '../../shared/export/exported-file.ts';
import { checkInPython } from './check-python.ts';
import { noiseImages } from './images.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-python-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

const check = (source: string) =>
  checkInPython([textFile('network.py', source)], 'nothing', noiseImages(8, 1), new AbortController().signal);

test.runIf(spawnSync('python3', ['--version']).status === 0)(
  'NaN and infinity come as what they are: no numbers',
  async () => {
    const result = await check(`
def check():
    return {'images': 3, 'largest_difference': float('nan'), 'largest_output': float('inf'),
            'top1_agreement': None, 'runtime': 'plain Python'}
`);
    const numbers = { largestDifference: Number.NaN, largestOutput: Number.NaN, top1Agreement: null };
    expect(result).toEqual({ runtime: 'plain Python', images: 3, source: 'images of seeded noise', ...numbers });
  },
);

test.each(['Saved the session, bye', ''])('a Python that ends with %j instead of a result is told', async (said) => {
  const program = join(folder, 'python');
  await writeFile(program, `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
  vi.stubEnv('FASTPATH_PYTHON', program);
  await expect(check('')).rejects.toMatchObject({
    code: 'export.python',
    message: `${program} ended with "${said}" where a result is expected: name another Python in FASTPATH_PYTHON`,
  });
});
