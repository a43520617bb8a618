import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { searches } from '../../shared/db/schema/index.ts';
import type { JobDescription } from '../../shared/queue/job-queue.ts';
import { submitSearch } from '../service/searches/submit.ts';
import { openSetting, type Setting } from '../service/searches/test-setting.ts';
import { eventHandler } from './event-bridge.ts';
import { jobEvents } from './job-events.ts';
import { Reconciler } from './reconciler.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting();
});
afterAll(() => setting.close());

const read = async (id: string) => (await setting.db.select().from(searches).where(eq(searches.id, id)))[0]!;

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 50_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const isOver = (id: string) => setting.events.some(({ job }) => job.name === id && job.status === 'succeeded');

test('events of the queue, handed on as they come, bring a search to its end', async () => {
  const failures: unknown[] = [];
  const events = jobEvents(setting, (error) => failures.push(error));
  const { ids } = await setting.order(['again']);
  await submitSearch(setting, ids[0]!);
  await until(() => isOver(ids[0]!));
  for (const event of setting.events) events.onEvent(event);
  await events.idle();
  expect(failures).toEqual([]);
  expect((await read(ids[0]!)).state).toBe('succeeded');
}, 120_000);

test('with all events lost a search ends within one period of the reconciler, which then sleeps', async () => {
  const failures: unknown[] = [];
  const reconciler = new Reconciler(setting, { periodMs: 300, onFailure: (error) => failures.push(error) });
  const { ids } = await setting.order(['succeed', 'succeed']);
  reconciler.wake();
  await until(async () => (await Promise.all(ids.map(read))).every(({ state }) => state === 'succeeded'));
  await reconciler.close();
  expect(failures).toEqual([]);
}, 120_000);

/** As AWS Batch tells of a job: https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html */
function batchEvent({ id, name, status, reason, attempts, createdAt }: JobDescription) {
  return {
    version: '0',
    id: 'c8f9c4b5-76e5-d76a-f980-7011e206042b',
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    detail: {
      jobId: id,
      jobName: name,
      status: status.toUpperCase(),
      ...(reason === null ? {} : { statusReason: reason }),
      createdAt: createdAt.getTime(),
      attempts: attempts.map(({ startedAt, stoppedAt, exitCode }) => ({
        startedAt: startedAt?.getTime(),
        stoppedAt: stoppedAt?.getTime(),
        statusReason: 'Essential container in task exited',
        container: { exitCode, logStreamName: 'log/default/1' },
      })),
    },
  };
}

test('the Lambda handler takes the events of AWS Batch and the tick of the schedule, and throws at others', async () => {
  const handler = eventHandler(setting);
  const { ids } = await setting.order(['succeed']);
  expect(await handler({ 'detail-type': 'Scheduled Event', detail: {} })).toMatchObject({
    unfinished: 1,
    failures: [],
  });
  await until(() => isOver(ids[0]!));
  const last = setting.events.findLast(({ job }) => job.name === ids[0])!;
  await handler(batchEvent(last.job));
  expect((await read(ids[0]!)).state).toBe('succeeded');
  await handler(batchEvent({ ...last.job, name: 'somebody-elses' }));
  await expect(handler({ 'detail-type': 'EC2 Instance State-change', detail: {} })).rejects.toThrow();
}, 120_000);
