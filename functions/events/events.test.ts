import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { searches } from '../../shared/db/schema/index.ts';
import type { JobDescription } from '../../shared/queue/job-queue.ts';
import { parseMonth } from '../service/month.ts';
import { submitSearch } from '../service/searches/submit.ts';
import { openSetting, type Setting } from '../service/searches/test-setting.ts';
import { defaultRetention } from '../service/upkeep/sweep.ts';
import { monthlyUsage } from '../service/usage/monthly-usage.ts';
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
    time: '2026-11-26T10:00:00Z',
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

const network = { resolve: async () => [], isAllowed: () => false };

test('the Lambda handler takes the events of AWS Batch and the tick of the schedule, and throws at others', async () => {
  const failures: unknown[] = [];
  const looks: boolean[] = [];
  const schedule = { pauseUnless: async (busy: () => Promise<boolean>) => void looks.push(await busy()) };
  const handler = eventHandler({
    ...setting,
    network,
    schedule,
    retention: defaultRetention,
    onFailure: (error) => failures.push(error),
  });
  const { ids } = await setting.order(['succeed']);
  const tick = { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };
  await handler(tick);
  await until(() => isOver(ids[0]!));
  const last = setting.events.findLast(({ job }) => job.name === ids[0])!;
  await handler(batchEvent(last.job));
  expect((await read(ids[0]!)).state).toBe('succeeded');
  await handler(batchEvent({ ...last.job, name: 'somebody-elses' }));
  await handler(tick);
  expect({ looks, failures }).toEqual({ looks: [true, false], failures: [] });
  await expect(handler({ 'detail-type': 'EC2 Instance State-change', detail: {} })).rejects.toThrow();
}, 120_000);

test('the Lambda handler counts each metered line of the log once, and no line that only quotes one', async () => {
  const handler = eventHandler({
    ...setting,
    network,
    retention: defaultRetention,
    schedule: { pauseUnless: async () => {} },
    onFailure: () => {},
  });
  const use = (requestId: string, predictions: number) =>
    JSON.stringify({ event: 'latency.predicted', tenant: setting.tenantId, requestId, predictions });
  const line = (text: string, level = 'INFO') => `2026-11-26T10:00:00.000Z\t${randomUUID()}\t${level}\t${text}\n`;
  const deliver = (...messages: string[]) => {
    const logEvents = messages.map((message, i) => ({ id: String(i), timestamp: 1_795_687_200_000, message }));
    const log = { messageType: 'DATA_MESSAGE', logGroup: '/aws/lambda/api', logStream: 'x', logEvents };
    return handler({ awslogs: { data: gzipSync(JSON.stringify(log)).toString('base64') } });
  };
  const [first, second, forged] = [randomUUID(), randomUUID(), randomUUID()];
  await deliver(line(use(first, 5)), line(use(first, 5)), 'START RequestId: 1 Version: $LATEST\n');
  await deliver(line(use(first, 5)), line(use(second, 7)));
  await deliver(line(use(forged, 100), 'ERROR'), line(`no such thing: ${use(forged, 100)}`), use(forged, 100));
  await expect(handler({ awslogs: { data: 'bm90aGluZw==' } })).rejects.toThrow();
  const usage = await monthlyUsage(setting, setting.tenantId, parseMonth('2026-11'));
  expect(usage.predictions).toBe(12);
});
