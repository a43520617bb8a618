import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { describeJobQueue, scriptCommand } from './contract-suite.ts';
import { ProcessQueue } from './process-queue.ts';

async function openQueue(directory: string): Promise<ProcessQueue> {
  return ProcessQueue.open({
    directory,
    command: scriptCommand,
    environment: { PATH: process.env.PATH },
    concurrency: 4,
    graceMs: 1000,
    clock: systemClock,
    onEvent: () => {},
  });
}

describeJobQueue('processes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fastpath-queue-'));
  const queue = await openQueue(directory);
  return {
    queue,
    loseMachine: async () => {},
    close: async () => {
      queue.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
