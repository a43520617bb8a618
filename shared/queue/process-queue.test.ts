import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { processStart } from '../process-start.ts';
import { describeJobQueue, scriptCommand, scriptJob, until, untilEnded, untilStatus } from './contract-suite.ts';
import type { JobEvent } from './job-queue.ts';
import { type JobRecord, jobRecordSchema } from './job-record.ts';
import { ProcessQueue } from './process-queue.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-queue-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fresh = () => mkdtemp(join(root, 'queue-'));

function openQueue(directory: string, concurrency = 4, events: JobEvent[] = []): Promise<ProcessQueue> {
  return ProcessQueue.open({
    directory,
    command: scriptCommand,
    environment: { PATH: process.env.PATH },
    concurrency,
    graceMs: 1000,
    clock: systemClock,
    onEvent: (event) => events.push(event),
  });
}

async function recordOf(directory: string, id: string): Promise<JobRecord> {
  return jobRecordSchema.parse(JSON.parse(await readFile(join(directory, id, 'job.json'), 'utf8')));
}

async function killGroup(directory: string, id: string): Promise<void> {
  process.kill(-(await recordOf(directory, id)).process!.pid, 'SIGKILL');
}

describeJobQueue('processes', async () => {
  const directory = await fresh();
  const queue = await openQueue(directory);
  return {
    queue,
    loseMachine: (id) => killGroup(directory, id),
    close: () => queue.close(),
  };
});

describe('processes', () => {
  it('run no more at a time than allowed, in order of submission', async () => {
    const out = join(await fresh(), 'out');
    const queue = await openQueue(await fresh(), 2);
    const script = `echo + $N >> ${out}; sleep 0.2; echo - $N >> ${out}`;
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push((await queue.submit(scriptJob(script, { environment: { N: String(n) } }))).id);
    for (const id of ids) await untilEnded(queue, id);
    let running = 0;
    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    for (const line of lines) {
      running += line.startsWith('+') ? 1 : -1;
      expect(running).toBeLessThanOrEqual(2);
    }
    const firsts = [0, 2, 4].map((n) => lines.indexOf(`+ ${n}`));
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    await queue.close();
  });

  it('leave what they print in a file for each attempt', async () => {
    const queue = await openQueue(await fresh());
    const script = 'echo out $AWS_BATCH_JOB_ATTEMPT; echo err >&2; exit 75';
    const { id } = await queue.submit(scriptJob(script, { attempts: 2 }));
    const { attempts } = await untilEnded(queue, id);
    const logs = await Promise.all(attempts.map(({ log }) => readFile(log!, 'utf8')));
    expect(logs).toEqual(['out 1\nerr\n', 'out 2\nerr\n']);
    await queue.close();
  });

  it('tell every change of status, each once', async () => {
    const events: JobEvent[] = [];
    const queue = await openQueue(await fresh(), 1, events);
    await queue.submit(scriptJob('exit $((AWS_BATCH_JOB_ATTEMPT == 1 ? 75 : 0))', { attempts: 2 }));
    await until(async () => events.at(-1)?.job.status === 'succeeded');
    const again = ['runnable', 'starting', 'running'];
    expect(events.map(({ job }) => job.status)).toEqual(['submitted', 'pending', ...again, ...again, 'succeeded']);
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    expect(events.at(-1)!.job.attempts.length).toBe(2);
    await queue.close();
  });
});

describe('a queue that was cut off and opened again', () => {
  it('adopts what still runs, learns its exit code, and goes on with what waits', async () => {
    const directory = await fresh();
    const go = join(directory, 'go');
    const before = await openQueue(directory, 1);
    const wait = `until [ -e ${go} ]; do sleep 0.05; done; exit 4`;
    const running = await before.submit(scriptJob(wait, { attempts: 2 }));
    const waiting = await before.submit(scriptJob('true'));
    const dependent = await before.submit(scriptJob('true', { dependsOn: [waiting.id] }));
    const array = await before.submit(scriptJob('true', { arraySize: 2, dependsOn: [waiting.id] }));
    const { attempts } = await untilStatus(before, running.id, 'running');
    await before.close();

    const after = await openQueue(directory, 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await after.describe([running.id, waiting.id])).map(({ status }) => status)).toEqual([
      'running',
      'runnable',
    ]);
    await writeFile(go, '');
    expect(await untilEnded(after, running.id)).toMatchObject({
      status: 'failed',
      attempts: [{ startedAt: attempts[0]!.startedAt, exitCode: 4 }],
    });
    for (const { id } of [waiting, dependent, array]) {
      expect((await untilEnded(after, id)).status).toBe('succeeded');
    }
    await after.close();
  });

  it('learns of an end that nobody saw, and starts again what died without one', async () => {
    const directory = await fresh();
    const go = join(directory, 'go');
    const before = await openQueue(directory);
    const ends = await before.submit(scriptJob(`until [ -e ${go} ]; do sleep 0.05; done`));
    const script = 'test $AWS_BATCH_JOB_ATTEMPT = 2 || exec sleep 60';
    const dies = await before.submit(scriptJob(script, { attempts: 2 }));
    const last = await before.submit(scriptJob('exec sleep 60'));
    for (const { id } of [ends, dies, last]) await untilStatus(before, id, 'running');
    await before.close();
    await writeFile(go, '');
    await killGroup(directory, dies.id);
    await killGroup(directory, last.id);
    const { pid, start } = (await recordOf(directory, ends.id)).process!;
    await until(async () => (await processStart(pid)) !== start);

    const after = await openQueue(directory);
    expect(await untilEnded(after, ends.id)).toMatchObject({ status: 'succeeded', attempts: [{ exitCode: 0 }] });
    expect(await untilEnded(after, dies.id)).toMatchObject({
      status: 'succeeded',
      attempts: [{ exitCode: null, reason: 'The process was lost' }, { exitCode: 0 }],
    });
    expect(await untilEnded(after, last.id)).toMatchObject({ status: 'failed', reason: 'The process was lost' });
    await after.close();
  });

  it('takes no other process of the same number for its job', async () => {
    const directory = await fresh();
    const before = await openQueue(directory);
    const { id } = await before.submit(scriptJob('exec sleep 60'));
    await untilStatus(before, id, 'running');
    await before.close();
    await killGroup(directory, id);
    const record = await recordOf(directory, id);
    // As if the number had gone to this very process since.
    record.process = { pid: process.pid, start: 'anothertime' };
    await writeFile(join(directory, id, 'job.json'), JSON.stringify(record));
    const after = await openQueue(directory);
    expect(await untilEnded(after, id)).toMatchObject({ status: 'failed', reason: 'The process was lost' });
    await after.close();
  });

  it('carries a termination through that was begun', async () => {
    const directory = await fresh();
    const before = await openQueue(directory);
    const { id } = await before.submit(scriptJob("trap '' TERM; while :; do sleep 0.1; done", { attempts: 3 }));
    await untilStatus(before, id, 'running');
    await before.terminate(id, 'Over');
    await before.close();
    const after = await openQueue(directory);
    expect(await untilEnded(after, id)).toMatchObject({
      status: 'failed',
      reason: 'Over',
      attempts: [{ exitCode: 137 }],
    });
    await after.close();
  });

  it('forgets ended jobs after a week, and leaves damaged ones out', async () => {
    const directory = await fresh();
    const before = await openQueue(directory);
    const [old, recent, damaged] = [0, 1, 2].map(() => before.submit(scriptJob('true')));
    const ids = (await Promise.all([old!, recent!, damaged!])).map(({ id }) => id);
    for (const id of ids) await untilEnded(before, id);
    await before.close();
    const record = await recordOf(directory, ids[0]!);
    record.job.createdAt = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    await writeFile(join(directory, ids[0]!, 'job.json'), JSON.stringify(record));
    await writeFile(join(directory, ids[2]!, 'job.json'), '{"format": "fastp');
    const after = await openQueue(directory);
    expect((await after.describe(ids)).map(({ id }) => id)).toEqual([ids[1]]);
    expect((await readdir(directory)).sort()).toEqual([ids[1], ids[2]].sort());
    await after.close();
  });
});
