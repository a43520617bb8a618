/** @file How many predictions `fastpath serve` forgets when it is killed under load, and whether it counts any twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Killed, killUnderLoad } from '../fault/kill-under-load.ts';
import type { Measurement } from './report.ts';

const requestsPerSecond = 1000;

export async function killRows(kills: number): Promise<Measurement[]> {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-bench-kill-'));
  const all: Killed[] = [];
  for (let i = 0; i < kills; i++) {
    // At another moment between two writes each time.
    const killAfterMs = 2000 + (500 * i) / kills;
    all.push(await killUnderLoad(join(root, String(i)), { requestsPerSecond, killAfterMs }));
  }
  await rm(root, { recursive: true, force: true });
  const largest = (of: (killed: Killed) => number) => Math.max(...all.map(of));
  return [
    {
      name: 'kill -9 under load: predictions answered and not metered, at most the last',
      value: largest(({ lostMs }) => lostMs),
      unit: 'ms',
      target: { atMost: 1000 },
      note: all.map(({ answered, metered }) => `${metered} of ${answered} metered`).join(', '),
    },
    {
      name: 'metered beyond what was sent',
      value: largest(({ sent, metered }) => Math.max(0, metered - sent)),
      unit: 'predictions',
      target: { atMost: 0 },
    },
  ];
}
