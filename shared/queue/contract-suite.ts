/** @file What every job queue must do, as one test suite that each adapter runs with real processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasEnded, type JobDescription, type JobQueue, type JobRequest } from './job-queue.ts';

/** What the queue under test must run for every job: the shell script in the job's environment. */
export const scriptCommand = ['/bin/sh', '-c', 'eval "$SCRIPT"'];

export interface QueueUnderTest {
  queue: JobQueue;
  /** takes the running attempt's machine away */
  loseMachine(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for the slowest adapter on a busy machine; no test waits for it to pass. */
const patienceMs = 20_000;

export async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadlineMs) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function untilEnded(queue: JobQueue, id: string): Promise<JobDescription> {
  return until(async () => {
    const [job] = await queue.describe([id]);
    return job !== undefined && hasEnded(job.status) && job;
  });
}

export function scriptJob(script: string, rest: Partial<JobRequest> = {}): JobRequest {
  const { environment, ...others } = rest;
  return { name: 'job', attempts: 1, timeoutSeconds: 60, environment: { SCRIPT: script, ...environment }, ...others };
}

/** @param open a new, empty queue that runs `scriptCommand` for each job, at least 4 at a time, with a grace time of about 1 s */
export function describeJobQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`job queue: ${name}`, () => {
    let under: QueueUnderTest;
    let queue: JobQueue;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'fastpath-queue-test-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    beforeEach(async () => {
      under = await open();
      queue = under.queue;
    });
    afterEach(() => under.close());

    const file = (name: string) => join(folder, `${Math.random().toString(36).slice(2)}-${name}`);
    const linesOf = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(0, -1);

    it('runs a job with its environment and tells its end', async () => {
      const out = file('out');
      const before = Date.now();
      const { id } = await queue.submit(
        scriptJob(`echo "$WORD $AWS_BATCH_JOB_ATTEMPT" > ${out}`, { name: 'one', environment: { WORD: 'ä b' } }),
      );
      const job = await untilEnded(queue, id);
      expect(job).toMatchObject({ id, name: 'one', status: 'succeeded', attempts: [{ exitCode: 0 }] });
      expect(await linesOf(out)).toEqual(['ä b 1']);
      const [{ startedAt, stoppedAt } = { startedAt: null, stoppedAt: null }] = job.attempts;
      expect(before - 1000).toBeLessThanOrEqual(job.createdAt.getTime());
      expect(job.createdAt.getTime()).toBeLessThanOrEqual(startedAt!.getTime());
      expect(startedAt!.getTime()).toBeLessThanOrEqual(stoppedAt!.getTime());
    });
  });
}
