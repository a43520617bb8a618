/**
 * @file `fastpath serve` on AWS Batch instead of workers of its own, as a process: the real SDK speaks to the stand-in for
 * Batch, which loses some of its answers and runs `job` in a shell for each search. Says where it serves when it does, and
 * how many answers were lost when it is asked.
 *
 *     tsx batch-service.ts ROOT JOB LOST_ANSWERS
 */
import { join } from 'node:path';
import { serve } from '../../functions/local/serve/server.ts';
import { defaultRetention } from '../../functions/service/upkeep/sweep.ts';
import { jobEventOf } from '../../shared/queue/batch-events.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import { BatchServer } from '../services/batch-server/server.ts';

const [root, job, lostAnswers] = process.argv.slice(2);
const names = { jobQueue: 'searches', jobDefinition: 'worker' };

const { url, keyFile } = await serve({
  home: join(root!, 'home'),
  port: 0,
  host: '127.0.0.1',
  dataRoot: join(root!, 'data'),
  retention: defaultRetention,
  pricePerHourUsd: null,
  publicUrl: null,
  trustProxy: false,
  corsOrigins: [],
  version: 'benchmark',
  openQueue: async (onEvent) => {
    const batch = await BatchServer.start({
      ...names,
      directory: join(root!, 'jobs'),
      command: ['/bin/sh', '-c', job!],
      environment: { PATH: process.env.PATH, ROOT: root },
      concurrency: 4,
      graceMs: 1000,
      lostAnswers: Number(lostAnswers),
      onEvent: (event) => onEvent(jobEventOf(JSON.parse(JSON.stringify(event)))),
    });
    process.on('message', () => process.send!(batch.answersLost));
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const queue = new BatchQueue({ ...names, endpoint: batch.endpoint, region: 'us-east-1', credentials });
    return Object.assign(queue, { close: () => batch.stop() });
  },
  onFailure: (error) => console.error(error),
});
process.send!({ url, keyFile });
