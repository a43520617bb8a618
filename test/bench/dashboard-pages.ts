/** @file How long the server takes for each page where a tenant has very many searches. */
import { openWeb, type WebSetting } from '../../functions/web/test-setting.ts';
import { newId } from '../../shared/db/id.ts';
import { attempts, orders, searches } from '../../shared/db/schema/index.ts';
import type { Measurement } from './report.ts';
import { median, quantile } from './step-timing.ts';

const rowsAtOnce = 500;

export async function pageRows({ searches: count, visits }: { searches: number; visits: number }) {
  const setting = await openWeb();
  try {
    const last = await fill(setting, count);
    const pages = [
      ['searches', '/app/searches'],
      ['searches that failed', '/app/searches?state=failed'],
      ['a search', `/app/searches/${last}`],
      ['new search', '/app/searches/new'],
      ['data sets', '/app/data'],
      ['explore', '/app/explore'],
      ['usage', '/app/usage'],
      ['keys', '/app/keys'],
    ] as const;
    const rows: Measurement[] = [];
    for (const [name, path] of pages) {
      await setting.visit(path);
      const times: number[] = [];
      for (let i = 0; i < visits; i++) {
        const from = performance.now();
        const { status } = await setting.visit(path);
        times.push(performance.now() - from);
        if (status !== 200) throw new Error(`${path} answered ${status}`);
      }
      rows.push({
        name: `server time of ${name}, ${count} searches`,
        value: median(times),
        unit: 'ms',
        target: { atMost: 200 },
        note: `${visits} visits, slowest ${Math.max(...times).toFixed(0)}, nine in ten within ${quantile(times, 0.9).toFixed(0)} ms`,
      });
    }
    return rows;
  } finally {
    await setting.close();
  }
}

/** Orders of one search each, most of them over. @returns the id of the newest */
async function fill({ db, clock, tenantId }: WebSetting, count: number): Promise<string> {
  const states = ['failed', 'cancelled', 'queued'] as const;
  let last = '';
  for (let from = 0; from < count; from += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, count - from) }, (_, i) => {
      const state = (from + i) % 100 === 0 ? states[2] : states[i % 2]!;
      const createdAt = new Date(clock.now().getTime() - (count - from - i) * 60_000);
      const at = { now: () => createdAt };
      return { id: newId('srch', at), orderId: newId('ord', at), state, createdAt };
    });
    await db.insert(orders).values(
      rows.map(({ orderId, createdAt }) => ({
        ...{ id: orderId, tenantId, request: { space: 'cifar' }, state: 'open' as const, createdAt },
        ...{ maxCostMicroUsd: 5_000_000, estimatedCostMicroUsd: 0 },
      })),
    );
    await db.insert(searches).values(
      rows.map(({ id, orderId, state, createdAt }) => ({
        ...{ id, tenantId, orderId, state, createdAt, specSha256: 'a'.repeat(64), maxCostMicroUsd: 5_000_000 },
        constraints: { hardware: [{ id: 'amd-epyc-zen4-ort-1t', budgetMs: 0.6 }] },
        ...(state === 'failed' ? { reasonCode: 'data.empty', reasonMessage: 'no images' } : {}),
        endedAt: state === 'queued' ? null : createdAt,
      })),
    );
    await db.insert(attempts).values(
      rows.map(({ id, createdAt }) => ({
        ...{ tenantId, searchId: id, n: 1, jobId: id, startedAt: createdAt, stoppedAt: createdAt, gpuSeconds: 60 },
        ...{ instanceType: 'local', pricePerHourMicroUsd: 1_000_000 },
      })),
    );
    last = rows.at(-1)!.id;
  }
  return last;
}
