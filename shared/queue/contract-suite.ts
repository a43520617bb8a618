/** @file What every job queue must do, as one test suite that each adapter runs with real processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childId, hasEnded, type JobDescription, type JobQueue, type JobRequest, type JobStatus } from './job-queue.ts';

/** What the queue under test must run for every job: the shell script in the job's environment. */
export const scriptCommand = ['/bin/sh', '-c', 'eval "$SCRIPT"'];

export interface QueueUnderTest {
  queue: JobQueue;
  /** takes the running attempt's machine away */
  loseMachine(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for a busy machine; no test waits for it to pass. */
const patienceMs = 30_000;

export async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadlineMs) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function untilStatus(queue: JobQueue, id: string, ...statuses: JobStatus[]): Promise<JobDescription> {
  return until(async () => {
    const [job] = await queue.describe([id]);
    return job !== undefined && statuses.includes(job.status) && job;
  });
}

export function untilEnded(queue: JobQueue, id: string): Promise<JobDescription> {
  return untilStatus(queue, id, 'succeeded', 'failed');
}

export function scriptJob(script: string, rest: Partial<JobRequest> = {}): JobRequest {
  const { environment, ...others } = rest;
  return { name: 'job', attempts: 1, timeoutSeconds: 60, environment: { SCRIPT: script, ...environment }, ...others };
}

/** @param open an empty queue that runs `scriptCommand` for each job, 4 at a time, with a grace time of about 1 s and timeouts from 1 s on */
export function describeJobQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`job queue: ${name}`, () => {
    let under: QueueUnderTest;
    let queue: JobQueue;
    let folder: string;
    let files = 0;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'fastpath-queue-test-'));
      under = await open();
      queue = under.queue;
    });
    afterAll(async () => {
      await under.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** A path that no other test uses. */
    const fresh = () => join(folder, String(files++));
    const linesOf = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    const listed = async (filter: Parameters<JobQueue['list']>[0]) => {
      const jobs: JobDescription[] = [];
      for await (const job of queue.list(filter)) jobs.push(job);
      return jobs;
    };

    it('runs a job with its environment and tells its end', async () => {
      const out = fresh();
      const before = Date.now();
      const environment = { WORD: 'ä "b"\n$c' };
      const script = `printf '%s|%s|%s\n' "$WORD" "$AWS_BATCH_JOB_ID" "$AWS_BATCH_JOB_ATTEMPT" > ${out}`;
      const { id } = await queue.submit(scriptJob(script, { name: 'one', environment }));
      const job = await untilEnded(queue, id);
      expect(job).toMatchObject({ id, name: 'one', status: 'succeeded', attempts: [{ exitCode: 0 }] });
      expect(await readFile(out, 'utf8')).toBe(`ä "b"\n$c|${id}|1\n`);
      const times = [before - 1, job.createdAt, job.attempts[0]!.startedAt!, job.attempts[0]!.stoppedAt!, Date.now()];
      expect(times.map(Number)).toEqual(times.map(Number).sort((a, b) => a - b));
    });

    it('tells an exit code other than 0 as failure, once', async () => {
      const { id } = await queue.submit(scriptJob('exit 3', { attempts: 3 }));
      expect(await untilEnded(queue, id)).toMatchObject({ status: 'failed', attempts: [{ exitCode: 3 }] });
    });

    it('starts a job again that asks for it, as often as its attempts allow', async () => {
      const out = fresh();
      const script = `echo $AWS_BATCH_JOB_ATTEMPT >> ${out}; exit 75`;
      const { id } = await queue.submit(scriptJob(script, { attempts: 3 }));
      const job = await untilEnded(queue, id);
      expect(job.status).toBe('failed');
      expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([75, 75, 75]);
      expect(await linesOf(out)).toEqual(['1', '2', '3']);
    });

    it('starts a job again whose machine was lost, and keeps the times of both attempts', async () => {
      const out = fresh();
      const script = `trap 'exit 75' TERM; echo x >> ${out}; [ $AWS_BATCH_JOB_ATTEMPT = 2 ] || { sleep 30 & wait; }`;
      const { id } = await queue.submit(scriptJob(script, { attempts: 2 }));
      await until(async () => (await linesOf(out)).length === 1);
      const [running] = await queue.describe([id]);
      expect(running).toMatchObject({ status: 'running', attempts: [{ stoppedAt: null, exitCode: null }] });
      await under.loseMachine(id);
      const job = await untilEnded(queue, id);
      expect(job.status).toBe('succeeded');
      expect(await linesOf(out)).toEqual(['x', 'x']);
      const [first, second] = job.attempts;
      expect(job.attempts.length).toBe(2);
      expect(first!.startedAt).toEqual(running!.attempts[0]!.startedAt);
      expect(first!.reason).toBeTruthy();
      expect(first!.stoppedAt!.getTime()).toBeLessThanOrEqual(second!.startedAt!.getTime());
      expect(second!.exitCode).toBe(0);
    });

    it('gives up when the last machine is lost', async () => {
      const { id } = await queue.submit(scriptJob('sleep 30'));
      await untilStatus(queue, id, 'running');
      await under.loseMachine(id);
      const { status, attempts, reason } = await untilEnded(queue, id);
      expect([status, attempts.length, reason]).toEqual(['failed', 1, attempts[0]!.reason]);
      expect(attempts[0]!.exitCode).not.toBe(0);
    });

    it('terminates a running job: it may still save, and does not start again', async () => {
      const out = fresh();
      const script = `trap 'echo saved >> ${out}; exit 75' TERM; echo on >> ${out}; sleep 30 & wait`;
      const { id } = await queue.submit(scriptJob(script, { attempts: 3 }));
      await until(async () => (await linesOf(out)).length > 0);
      await queue.terminate(id, 'No longer wanted');
      expect(await untilEnded(queue, id)).toMatchObject({
        status: 'failed',
        reason: 'No longer wanted',
        attempts: [{ exitCode: 75 }],
      });
      expect(await linesOf(out)).toEqual(['on', 'saved']);
      await queue.terminate(id, 'Again');
      await queue.terminate('no-such-job', 'Never was');
      expect((await queue.describe([id]))[0]!.reason).toBe('No longer wanted');
    });

    it('kills what does not heed, with all that it started', async () => {
      const out = fresh();
      // Each touches the file as long as it lives.
      const script = `trap '' TERM; live() { while :; do echo x >> ${out}; sleep 0.1; done; }; live & live`;
      const { id } = await queue.submit(scriptJob(script));
      await until(async () => (await linesOf(out)).length > 1);
      await queue.terminate(id, 'Enough');
      expect(await untilEnded(queue, id)).toMatchObject({ status: 'failed', attempts: [{ exitCode: 137 }] });
      const after = (await linesOf(out)).length;
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect((await linesOf(out)).length).toBe(after);
    });

    it('ends an attempt at its timeout, and starts no other', async () => {
      const { id } = await queue.submit(scriptJob('exec sleep 30', { attempts: 3, timeoutSeconds: 1 }));
      const job = await untilEnded(queue, id);
      expect(job).toMatchObject({ status: 'failed', reason: expect.stringMatching(/timeout/i) });
      expect(job.attempts.length).toBe(1);
      const [{ startedAt, stoppedAt } = { startedAt: null, stoppedAt: null }] = job.attempts;
      expect(stoppedAt!.getTime() - startedAt!.getTime()).toBeGreaterThanOrEqual(1000);
    });

    it('runs an array as so many jobs, and ends their parent when all have ended', async () => {
      const out = fresh();
      const script = `echo $AWS_BATCH_JOB_ARRAY_INDEX >> ${out}; [ $AWS_BATCH_JOB_ARRAY_INDEX != 1 ]`;
      const { id } = await queue.submit(scriptJob(script, { name: 'array', arraySize: 3 }));
      const parent = await untilEnded(queue, id);
      expect(parent).toMatchObject({ status: 'failed', arraySize: 3, attempts: [] });
      expect((await linesOf(out)).sort()).toEqual(['0', '1', '2']);
      const children = await queue.describe([2, 1, 0].map((index) => childId(id, index)));
      expect(children.map(({ status, arrayIndex, parent }) => [status, arrayIndex, parent])).toEqual([
        ['succeeded', 2, id],
        ['failed', 1, id],
        ['succeeded', 0, id],
      ]);
      expect((await listed({ namePrefix: 'array' })).map((job) => job.id)).toEqual([id]);
    });

    it('terminates an array with all of its jobs', async () => {
      const { id } = await queue.submit(scriptJob('sleep 30', { arraySize: 6 }));
      await untilStatus(queue, childId(id, 0), 'running');
      await queue.terminate(id, 'All of them');
      expect(await untilEnded(queue, id)).toMatchObject({ status: 'failed' });
      const children = await queue.describe(Array.from({ length: 6 }, (_, index) => childId(id, index)));
      expect(children.map(({ status }) => status)).toEqual(Array(6).fill('failed'));
    });

    it('lets a job wait for others, also for an array', async () => {
      const out = fresh();
      const first = await queue.submit(scriptJob(`sleep 0.3; echo first >> ${out}`));
      const array = await queue.submit(scriptJob(`sleep 0.3; echo array >> ${out}`, { arraySize: 2 }));
      const after = scriptJob(`echo after >> ${out}`, { dependsOn: [first.id, array.id] });
      const { id } = await queue.submit(after);
      expect((await queue.describe([id]))[0]!.status).toBe('pending');
      expect((await untilEnded(queue, id)).status).toBe('succeeded');
      expect((await linesOf(out)).sort()).toEqual(['after', 'array', 'array', 'first']);
      expect((await linesOf(out)).at(-1)).toBe('after');
      expect((await untilEnded(queue, (await queue.submit(after)).id)).status).toBe('succeeded');
    });

    it('fails a job that waited for one that failed, and those that wait for it', async () => {
      const out = fresh();
      const bad = await queue.submit(scriptJob('sleep 0.3; exit 1'));
      const waiting = await queue.submit(scriptJob(`echo ran >> ${out}`, { dependsOn: [bad.id], arraySize: 2 }));
      const last = await queue.submit(scriptJob(`echo ran >> ${out}`, { dependsOn: [waiting.id] }));
      expect((await untilEnded(queue, last.id)).status).toBe('failed');
      const jobs = await queue.describe([waiting.id, childId(waiting.id, 1)]);
      for (const job of jobs) expect(job).toMatchObject({ status: 'failed', attempts: [] });
      expect(await linesOf(out)).toEqual([]);
    });

    it('lists by status and by the beginning of a name, and describes in the order asked for', async () => {
      const names = ['list-a', 'list-b', 'List-c', 'other-list-a'];
      const ids: string[] = [];
      for (const name of names) ids.push((await queue.submit(scriptJob('exec sleep 30', { name }))).id);
      await untilStatus(queue, ids[3]!, 'running');
      const idsOf = async (filter: Parameters<JobQueue['list']>[0]) =>
        (await listed(filter)).map(({ id }) => id).sort();
      expect(await idsOf({ namePrefix: 'list-' })).toEqual([ids[0], ids[1]].sort());
      expect(await idsOf({ namePrefix: 'list-', status: 'running' })).toEqual([ids[0], ids[1]].sort());
      expect(await idsOf({ namePrefix: 'list-', status: 'failed' })).toEqual([]);
      expect(await idsOf({ status: 'running' })).toEqual([...ids].sort());
      expect(await idsOf({})).toEqual(expect.arrayContaining(ids));
      for (const id of ids) await queue.terminate(id, 'Seen');
      for (const id of ids) await untilEnded(queue, id);
      const asked = [ids[2]!, 'no-such-job', ids[0]!];
      expect((await queue.describe(asked)).map(({ id }) => id)).toEqual([ids[2], ids[0]]);
      expect((await listed({ status: 'failed', namePrefix: 'list-' })).every(({ status }) => hasEnded(status))).toBe(
        true,
      );
    });

    it('describes and lists more jobs than one answer holds', async () => {
      const { id } = await queue.submit(scriptJob('true', { name: 'many', arraySize: 120 }));
      const children = Array.from({ length: 120 }, (_, index) => childId(id, index));
      expect((await queue.describe(children)).map((job) => job.id)).toEqual(children);
      await queue.terminate(id, 'Only to be counted');
      await untilEnded(queue, id);
      const requests = Array.from({ length: 105 }, () => scriptJob('true', { name: 'page', dependsOn: [id] }));
      const ids = await Promise.all(requests.map(async (request) => (await queue.submit(request)).id));
      expect((await listed({ namePrefix: 'page' })).map((job) => job.id).sort()).toEqual(ids.sort());
    });

    it('refuses what no queue takes, with one line', async () => {
      const wrong: Partial<JobRequest>[] = [
        { name: '' },
        { name: 'a b' },
        { name: '-a' },
        { name: 'x'.repeat(129) },
        { attempts: 0 },
        { attempts: 11 },
        { timeoutSeconds: 0.5 },
        { arraySize: 1 },
        { arraySize: 10_001 },
        { dependsOn: Array(21).fill('a') },
        { environment: { AWS_BATCH_JOB_ID: 'mine' } },
        { environment: { 'A=B': 'c' } },
      ];
      for (const rest of wrong) {
        const error = await queue.submit(scriptJob('true', rest)).catch((thrown: unknown) => thrown);
        expect(error, JSON.stringify(rest)).toMatchObject({ code: 'queue.invalid', retry: false });
        expect((error as Error).message).not.toContain('\n');
      }
      await expect(queue.submit(scriptJob('true', { dependsOn: ['no-such-job'] }))).rejects.toMatchObject({
        code: 'queue.refused',
      });
    });
  });
}
