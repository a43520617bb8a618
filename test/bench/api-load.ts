/**
 * @file Predictions through the whole API of `fastpath serve` (key, rate limit, metering, embedded database) at a fixed
 * rate, in turn with the same requests to the prediction service alone and to a bare node:http server that parses and
 * echoes the same JSON. Behind it what was metered is compared with what was answered.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { readMetered } from '../fault/kill-under-load.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { type Loaded, load } from './open-loop.ts';
import { startServer } from './predict-load.ts';
import { deviceModels, predictionBody } from './predict-models.ts';
import { cpuMsOf } from './process-cost.ts';
import type { Measurement } from './report.ts';
import { median, quantile } from './step-timing.ts';

const connections = 50;
const requestsPerSecond = 3000;
const names = ['api', 'predict', 'bare'] as const;
type Name = (typeof names)[number];

interface Server {
  port: number;
  pid: number;
  headers: Record<string, string>;
  body: string;
}

interface Seen {
  p50Ms: number;
  p99Ms: number;
  cpuUs: number;
  errors: number;
}

export async function loadRows({ rounds, seconds }: { rounds: number; seconds: number }): Promise<Measurement[]> {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-bench-load-'));
  const served = await Service.start(root);
  const others = await Promise.all((['service', 'bare'] as const).map((name) => startServer(name, { pinned: false })));
  try {
    const device = deviceModels(1, 0)[0]!.hardware.id;
    const [predict, bare] = others.map(({ port, child }) => ({
      port,
      pid: child.pid!,
      headers: {},
      body: predictionBody(device),
    }));
    const servers: Record<Name, Server> = {
      api: {
        port: served.port,
        pid: served.pid,
        headers: { authorization: `Bearer ${served.key}` },
        body: predictionBody(builtInModels[0]!.hardware.id),
      },
      predict: predict!,
      bare: bare!,
    };
    const seen: Record<Name, Seen[]> = { api: [], predict: [], bare: [] };
    let answered = 0;
    const run = async (name: Name, forSeconds: number): Promise<Seen> => {
      const { pid, ...server } = servers[name];
      const cpuFrom = cpuMsOf(pid);
      const asked = { ...server, path: '/v1/latency', connections, requestsPerSecond, seconds: forSeconds };
      const loaded = await load(asked);
      if (name === 'api') answered += loaded.latencyMs.length;
      return seenOf(loaded, cpuMsOf(pid) - cpuFrom);
    };
    // Compiled code and warm caches first.
    for (const name of names) await run(name, 2);
    for (let round = 0; round < rounds; round++) {
      for (const name of names) seen[name].push(await run(name, seconds));
    }
    const metered = await meteredPredictions(served, answered);
    return [...rowsOf(seen, rounds * seconds), meteredRow(answered, metered)];
  } finally {
    for (const { child } of others) child.kill();
    await served.killed();
    await removeRoot(root);
  }
}

function seenOf({ latencyMs, errors }: Loaded, cpuMs: number): Seen {
  const times = [...latencyMs];
  return {
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuUs: (cpuMs * 1e3) / times.length,
    errors,
  };
}

function rowsOf(seen: Record<Name, Seen[]>, seconds: number): Measurement[] {
  const of = (name: Name, key: keyof Seen) => median(seen[name].map((each) => each[key]));
  const errors = seen.api.reduce((sum, each) => sum + each.errors, 0);
  const beside = (key: keyof Seen, digits: number) =>
    `prediction service alone ${of('predict', key).toFixed(digits)}; baseline: bare server that parses and echoes`;
  return [
    {
      name: `POST /v1/latency at ${requestsPerSecond} requests/s: 99 % within`,
      value: of('api', 'p99Ms'),
      unit: 'ms',
      target: { atMost: 25 },
      baseline: of('bare', 'p99Ms'),
      note:
        `median ${of('api', 'p50Ms').toFixed(2)}; ${beside('p99Ms', 2)}; from when each was due, ${connections} ` +
        `connections, ${seconds} s in ${seen.api.length} turns`,
    },
    { name: 'errors', value: errors, unit: 'requests', target: { atMost: 0 } },
    {
      name: 'CPU of a request, all threads of the server',
      value: of('api', 'cpuUs'),
      unit: 'us',
      baseline: of('bare', 'cpuUs'),
      note: beside('cpuUs', 0),
    },
  ];
}

function meteredRow(answered: number, metered: number): Measurement {
  return {
    name: 'metered for each prediction answered',
    value: metered / answered,
    unit: '',
    target: { atLeast: 1 },
    note: `${metered} in the database of ${answered} answered`,
  };
}

/** Once the meter has written what it counted: it does so within a second. */
async function meteredPredictions(served: Service, expected: number): Promise<number> {
  const end = performance.now() + 10_000;
  for (;;) {
    const metered = await readMetered(served);
    if (metered >= expected || performance.now() > end) return metered;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
