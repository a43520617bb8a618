/** @file A process that holds the queue in the folder it is given and submits a job for each line it reads, until it is killed. */
import { createInterface } from 'node:readline';
import { systemClock } from '../../shared/clock.ts';
import { ProcessQueue } from '../../shared/queue/process-queue.ts';

const queue = await ProcessQueue.open({
  directory: process.argv[2]!,
  command: ['/bin/sh', '-c', 'eval "$SCRIPT"'],
  environment: { PATH: process.env.PATH },
  concurrency: 2,
  graceMs: 1000,
  clock: systemClock,
  onEvent: () => {},
});
for await (const script of createInterface({ input: process.stdin })) {
  // Everything that a request can say has to be there after a kill.
  const { id } = await queue.submit({
    ...{ name: 'job', environment: { SCRIPT: script }, attempts: 2, timeoutSeconds: 600 },
    ...{ tags: { tenant: 'local' }, share: 'local', dependsOn: [] },
  });
  console.log(id);
}
