/**
 * @file Requests per second on one core: the Node server, in turn with a bare node:http server that parses the same JSON
 * and echoes it. Both servers are pinned to the first core; the load runs wherever there is room.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import autocannon from 'autocannon';
import { requestBody } from './predict-models.ts';
import type { Measurement } from './report.ts';
import { median } from './step-timing.ts';

const connections = 10;
const servers = ['bare', 'service'] as const;
type Server = (typeof servers)[number];

interface Load {
  requestsPerSecond: number;
  p99Ms: number;
}

const shapes = [
  { networks: 1, devices: 1 },
  { networks: 10, devices: 2 },
];

export async function loadRows(options: { rounds: number; seconds: number }): Promise<Measurement[]> {
  const started = await Promise.all(servers.map((name) => startServer(name, { pinned: true })));
  const rows: Measurement[] = [];
  try {
    for (const { networks, devices } of shapes) {
      const body = requestBody(networks, devices, true);
      const seen: Record<Server, Load[]> = { bare: [], service: [] };
      for (const { port } of started) await load(port, body, 1);
      for (let round = 0; round < options.rounds; round++) {
        for (const { name, port } of started) seen[name].push(await load(port, body, options.seconds));
      }
      rows.push(...rowsOf(`${networks} × ${devices}`, body.length, seen));
    }
  } finally {
    for (const { child } of started) child.kill();
  }
  return rows;
}

function rowsOf(shape: string, bytes: number, { bare, service }: Record<Server, Load[]>): Measurement[] {
  const perSecond = (loads: readonly Load[]) => median(loads.map(({ requestsPerSecond }) => requestsPerSecond));
  const p99 = (loads: readonly Load[]) => median(loads.map(({ p99Ms }) => p99Ms));
  const ratios = service.map((own, i) => own.requestsPerSecond / bare[i]!.requestsPerSecond);
  return [
    {
      name: `${shape}: requests/s of a bare server’s`,
      value: 100 * median(ratios),
      unit: '%',
      target: { atLeast: 60 },
      note:
        `${perSecond(service).toFixed(0)} against ${perSecond(bare).toFixed(0)} requests/s of ${bytes} bytes; ` +
        `median of ${ratios.length} rounds in turn, ${connections} connections`,
    },
    { name: `${shape}: 99 % within`, value: p99(service), unit: 'ms', target: { atMost: 10 }, baseline: p99(bare) },
  ];
}

/** A server on a port of its own, on the first core or wherever there is room. */
export async function startServer(
  name: Server,
  { pinned: wanted }: { pinned: boolean },
): Promise<{ name: Server; port: number; child: ChildProcess }> {
  const node = [process.execPath, '--import', 'tsx', `${import.meta.dirname}/predict-server.ts`, name];
  const pinned = wanted && existsSync('/usr/bin/taskset') && availableParallelism() > 1;
  const [command, ...args] = pinned ? ['/usr/bin/taskset', '-c', '0', ...node] : node;
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout!.once('data', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`the ${name} server ended with ${code}`)));
  });
  return { name, port, child };
}

async function load(port: number, body: string, seconds: number): Promise<Load> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v1/latency`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections,
    duration: seconds,
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx + result.errors} requests failed`);
  return { requestsPerSecond: result.requests.total / result.duration, p99Ms: result.latency.p99 };
}
