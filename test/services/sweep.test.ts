/**
 * @file A sweep on the stand-in for AWS Batch with an S3 server: the machines of its warm-up and of its searches are
 * taken away, events of parent and children are lost or come twice. Each is executed and paid once, and finds what it
 * would have found alone.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { parentOf } from '../../shared/queue/job-queue.ts';
import { Service } from '../fault/run/service.ts';
import { billFaults, lookAt } from '../fault/run/verdict.ts';
import { tinyBudgetMs } from '../fault/tiny-search.ts';
import { until } from '../fault/worker-run.ts';
import { removeRoot } from '../integration/service.ts';
import type { BatchEvent } from './batch-server/server.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const patienceMs = 500_000;
const [first, second] = builtInModels;
const form = { space: 'tiny', schedule: { batchSize: 16, warmupEpochs: 2, searchEpochs: 2 } };
const own = { hardware: first!.hardware.id, budgetMs: tinyBudgetMs };
const other = { hardware: second!.hardware.id, budgetMs: 0.6 * tinyBudgetMs };

let root: string;
let service: Service;
const taken = new Set<string>();
/** Takes each job's first machine away soon after it has begun. */
function reclaimOnce({ detail }: BatchEvent): void {
  if (detail.status !== 'RUNNING' || taken.has(detail.jobId)) return;
  taken.add(detail.jobId);
  setTimeout(() => void service.batch.reclaim(detail.jobId), 2500);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-sweep-'));
  service = await Service.start(root, 1, reclaimOnce);
});
afterAll(async () => {
  await service?.stop();
  await removeRoot(root);
});

const ended = (ids: readonly string[]) =>
  until(async () => (await Promise.all(ids.map((id) => service.read(id)))).every((row) => row.endedAt), patienceMs);

test('every job of a sweep is executed and paid once, and its searches find what they find alone', async () => {
  const sweep = await service.order({ ...form, targets: [own, other], seeds: [0, 7] });
  const alone = await service.order({ ...form, targets: [own] });
  service.wake();
  const ids = [sweep.warmUp!.id, ...sweep.searches.map(({ id }) => id)];
  const single = alone.searches[0]!.id;
  await ended([...ids, single]);

  const jobIds = await Promise.all(sweep.searches.map(async ({ id }) => (await service.read(id)).jobId!));
  expect(new Set(jobIds.map(parentOf)).size).toBe(1);
  expect((await service.read(sweep.warmUp!.id)).state).toBe('succeeded');
  const looks = await Promise.all([...ids, single].map((id) => lookAt(service, id)));
  expect(looks.flatMap(({ faults }) => faults)).toEqual([]);
  const seconds = looks.reduce((sum, look) => sum + look.seconds, 0);
  expect(await billFaults(service, seconds)).toEqual([]);
  // Most machines were taken, and the warm-up's among them: no search began before its second attempt had ended.
  expect(looks.filter(({ reclaims }) => reclaims > 0).length).toBeGreaterThan(1);
  const warmedUpAt = looks[0]!.job.attempts.at(-1)!.stoppedAt!.getTime();
  for (const { job } of looks.slice(1, -1)) {
    expect(job.attempts[0]!.startedAt!.getTime()).toBeGreaterThanOrEqual(warmedUpAt);
  }
  const { 'metrics.json': _, ...found } = looks[1]!.hashes;
  const { 'metrics.json': __, ...foundAlone } = looks.at(-1)!.hashes;
  expect(found).toEqual(foundAlone);
});
