/** @file kill -9 of the process that holds the queue: its jobs go on, and the next process finds them all, each once. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { scriptCommand, until, untilEnded } from '../../shared/queue/contract-suite.ts';
import { ProcessQueue } from '../../shared/queue/process-queue.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-queue-kill-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('what ran runs on and is not started twice, what waited is started, and what was answered is known', async () => {
  const directory = join(root, 'jobs');
  const [go, out] = [join(root, 'go'), join(root, 'out')];
  const host = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'queue-host.ts'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ids: string[] = [];
  createInterface({ input: host.stdout }).on('line', (id) => ids.push(id));
  for (let job = 0; job < 6; job++) {
    host.stdin.write(
      `echo start ${job} >> ${out}; until [ -e ${go} ]; do sleep 0.05; done; echo end ${job} >> ${out}\n`,
    );
  }
  const lines = async () => (await readFile(out, 'utf8').catch(() => '')).split('\n').slice(0, -1).sort();
  await until(async () => ids.length === 6 && (await lines()).length === 2);
  const killed = new Promise((resolve) => host.once('exit', resolve));
  host.kill('SIGKILL');
  await killed;

  const queue = await ProcessQueue.open({
    directory,
    command: scriptCommand,
    environment: { PATH: process.env.PATH },
    concurrency: 2,
    graceMs: 1000,
    clock: systemClock,
    onEvent: () => {},
  });
  const statuses = (await queue.describe(ids)).map(({ status }) => status);
  expect(statuses).toEqual(['running', 'running', ...Array(4).fill('runnable')]);
  await writeFile(go, '');
  for (const id of ids) {
    expect(await untilEnded(queue, id)).toMatchObject({ status: 'succeeded', attempts: [{ exitCode: 0 }] });
  }
  const each = (word: string) => [0, 1, 2, 3, 4, 5].map((job) => `${word} ${job}`);
  expect(await lines()).toEqual([...each('end'), ...each('start')]);
  await queue.close();
});
