/** @file A thousand orders at once, some of them twice, over a queue that loses answers: each made once, executed once. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageSchema } from '../../shared/contract/api/usage.ts';
import { claim, deliver, Ordering } from './ordering.ts';
import type { Measurement } from './report.ts';

const lostAnswers = 0.02;

export async function orderRows({ orders, twice }: { orders: number; twice: number }): Promise<Measurement[]> {
  const service = await Ordering.start(`${claim}\n${deliver}`, lostAnswers);
  try {
    const keys = Array.from({ length: orders + twice }, (_, i) => `order-${i % orders}`);
    const from = performance.now();
    const placed = await Promise.all(keys.map((key) => service.order(key)));
    const seconds = (performance.now() - from) / 1e3;
    const ids = new Map<string, Set<string>>();
    for (const [i, { id }] of placed.entries()) ids.set(keys[i]!, (ids.get(keys[i]!) ?? new Set()).add(id));
    const distinct = new Set(placed.map(({ id }) => id)).size;
    const unequal = [...ids.values()].filter((own) => own.size > 1).length;
    await ended(service);
    const executions = await executionsOf(service.root);
    const jobs = (await readdir(join(service.root, 'jobs'))).length;
    const usage = usageSchema.parse(await (await service.get('/v1/usage')).json());
    const once = usage.searches.filter(({ attempts }) => attempts === 1).length;
    return [
      {
        name: `orders made by ${orders + twice} requests at once, ${twice} of them twice`,
        value: distinct,
        unit: 'orders',
        target: { atLeast: orders },
        note: `at most ${orders} would be right: ${distinct - orders} too many; in ${seconds.toFixed(1)} s`,
      },
      { name: 'keys that were answered by two orders', value: unequal, unit: 'keys', target: { atMost: 0 } },
      {
        name: `searches not executed exactly once, ${100 * lostAnswers} % of the queue’s answers lost`,
        value: executions.filter((count) => count !== 1).length + Math.abs(executions.length - orders),
        unit: 'searches',
        target: { atMost: 0 },
        note: `${await service.answersLost()} answers were lost, and ${jobs} jobs made`,
      },
      {
        name: 'searches not billed for exactly one attempt',
        value: orders - once + (usage.searches.length - once),
        unit: 'searches',
        target: { atMost: 0 },
      },
    ];
  } finally {
    await service.stop();
  }
}

/** Resolves when no search is under way. */
async function ended(service: Ordering): Promise<void> {
  for (const state of ['queued', 'submitted', 'searching', 'training']) {
    for (;;) {
      const { items } = (await (await service.get(`/v1/searches?limit=1&state=${state}`)).json()) as {
        items: unknown[];
      };
      if (items.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** How often each search was executed. */
async function executionsOf(root: string): Promise<number[]> {
  const folder = join(root, 'home/tenants/local/searches');
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name, 'executed'), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    }),
  );
}
