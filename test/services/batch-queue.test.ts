/** @file The adapter to AWS Batch with the real SDK, against the stand-in that really runs the jobs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jobEventOf } from '../../shared/queue/batch-events.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import {
  describeJobQueue,
  scriptCommand,
  scriptJob,
  until,
  untilEnded,
  untilStatus,
} from '../../shared/queue/contract-suite.ts';
import { type BatchEvent, BatchServer, type BatchServerOptions } from './batch-server/server.ts';

const names = { jobQueue: 'searches', jobDefinition: 'worker' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let root: string;
const servers: BatchServer[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-batch-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function startServer(rest: Partial<BatchServerOptions> = {}): Promise<BatchServer> {
  return BatchServer.start({
    ...names,
    directory: await mkdtemp(join(root, 'server-')),
    command: scriptCommand,
    environment: { PATH: process.env.PATH },
    concurrency: 4,
    graceMs: 1000,
    ...rest,
  });
}

async function open(rest: Partial<BatchServerOptions> = {}): Promise<{ server: BatchServer; queue: BatchQueue }> {
  const server = await startServer(rest);
  servers.push(server);
  return { server, queue: queueAt(server.endpoint) };
}

const queueAt = (endpoint: string, rest = {}) =>
  new BatchQueue({ ...names, endpoint, region: 'us-east-1', credentials, ...rest });

describeJobQueue('AWS Batch', async () => {
  const server = await startServer({ leastTimeoutSeconds: 1 });
  return {
    queue: queueAt(server.endpoint),
    loseMachine: (id) => server.reclaim(id),
    close: () => server.stop(),
  };
});

describe('AWS Batch', () => {
  it('tells a reclaimed machine in its own words, after the job had its chance to save', async () => {
    const { server, queue } = await open();
    const saved = join(root, 'saved');
    const script = `trap 'echo saved > ${saved}; exit 75' TERM; [ $AWS_BATCH_JOB_ATTEMPT = 2 ] || { sleep 30 & wait; }`;
    const { id } = await queue.submit(scriptJob(script, { attempts: 2 }));
    await untilStatus(queue, id, 'running');
    // The shell needs a moment to set its trap.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.reclaim(id);
    const { status, attempts } = await untilEnded(queue, id);
    expect(status).toBe('succeeded');
    expect(attempts[0]).toMatchObject({
      exitCode: 75,
      reason: expect.stringMatching(/^Host EC2 \(instance i-\w{17}\) terminated\.$/),
    });
    expect(await readFile(saved, 'utf8')).toBe('saved\n');
  });

  it('starts a killed container again, but not one that failed by itself', async () => {
    const { queue } = await open();
    const killed = await queue.submit(scriptJob('[ $AWS_BATCH_JOB_ATTEMPT = 2 ] || exit 137', { attempts: 3 }));
    const failed = await queue.submit(scriptJob('exit 1', { attempts: 3 }));
    expect(await untilEnded(queue, killed.id)).toMatchObject({ status: 'succeeded', attempts: [{}, {}] });
    expect((await untilEnded(queue, failed.id)).attempts.length).toBe(1);
  });

  it('is unavailable where nobody answers, and refused where names are wrong', async () => {
    const nobody = queueAt('http://127.0.0.1:9');
    const calls = [
      () => nobody.submit(scriptJob('true')),
      () => nobody.describe(['a']),
      () => nobody.terminate('a', 'b'),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'queue.unavailable', retry: true });
    }
    const { server } = await open();
    const wrong = queueAt(server.endpoint, { jobQueue: 'other' });
    await expect(wrong.submit(scriptJob('true'))).rejects.toMatchObject({
      code: 'queue.refused',
      retry: false,
      message: expect.stringMatching(/^[^\n]*JobQueue other not found[^\n]*check the names[^\n]*$/),
    });
  });

  it('asks again what may be asked again: reads after any failure, a submission only when it was turned away', async () => {
    const { server, queue } = await open();
    for (const weather of ['dropping', 500, 503, 429] as const) {
      server.requests.clear();
      server.weather = weather;
      setTimeout(() => {
        server.weather = 'fine';
      }, 150);
      expect(await queue.describe(['a'])).toEqual([]);
      expect(server.requests.get('describejobs')).toBeGreaterThan(1);

      server.requests.clear();
      server.weather = weather;
      const submitted = queue.submit(scriptJob('true'));
      setTimeout(() => {
        server.weather = 'fine';
      }, 150);
      if (weather === 429) expect(await submitted).toEqual({ id: expect.any(String) });
      else {
        await expect(submitted).rejects.toMatchObject({ code: 'queue.unavailable', retry: true });
        expect(server.requests.get('submitjob')).toBe(1);
        await until(async () => server.weather === 'fine');
      }
    }
  });

  it('may have taken a submission whose answer was lost', async () => {
    const { queue } = await open({ lostAnswers: 1 });
    await expect(queue.submit(scriptJob('true', { name: 'lost' }))).rejects.toMatchObject({
      code: 'queue.unavailable',
    });
    const jobs = [];
    for await (const job of queue.list({ namePrefix: 'lost' })) jobs.push(job);
    expect(jobs.length).toBe(1);
    expect((await untilEnded(queue, jobs[0]!.id)).status).toBe('succeeded');
  });

  it('takes no timeout below a minute', async () => {
    const { queue } = await open();
    await expect(queue.submit(scriptJob('true', { timeoutSeconds: 59 }))).rejects.toMatchObject({
      code: 'queue.refused',
    });
  });

  it('sends events that say the same as a description at that time', async () => {
    const events: BatchEvent[] = [];
    const { queue } = await open({ onEvent: (event) => events.push(event) });
    const { id } = await queue.submit(scriptJob('exit 3', { arraySize: 2, name: 'told' }));
    const parent = await untilEnded(queue, id);
    await until(async () => events.at(-1)?.detail.jobId === id && events.at(-1)?.detail.status === 'FAILED');
    // As they come over the wire.
    const told = events.map((event) => jobEventOf(JSON.parse(JSON.stringify(event))));
    expect(new Set(told.map((event) => event.id)).size).toBe(events.length);
    expect(told.at(-1)!.job).toEqual(parent);
    expect(Math.abs(told.at(-1)!.at.getTime() - Date.now())).toBeLessThan(10_000);
    const ofChild = told.filter(({ job }) => job.id === `${id}:1`).map(({ job }) => job);
    expect(ofChild.map(({ status }) => status)).toEqual(['submitted', 'runnable', 'starting', 'running', 'failed']);
    expect(ofChild.at(-1)).toEqual((await queue.describe([`${id}:1`]))[0]);
    expect(ofChild.at(-1)).toMatchObject({ parent: id, arrayIndex: 1, attempts: [{ exitCode: 3 }] });
    expect(ofChild.at(-2)).toMatchObject({ attempts: [{ stoppedAt: null, exitCode: null }] });
  });
});
