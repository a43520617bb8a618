/** @file The API's Lambda bundle: its size, and how long a fresh process takes to import it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundleLambda } from '../../functions/aws/bundle.ts';
import type { Measurement } from './report.ts';
import { median, quantile } from './step-timing.ts';

const run = promisify(execFile);

/** All that an instance has to be told. */
const environment = {
  PATH: process.env.PATH,
  TZ: 'UTC',
  NODE_NO_WARNINGS: '1',
  AWS_REGION: 'us-east-1',
  FASTPATH_STORE: 's3://bucket/prefix',
  FASTPATH_JOB_QUEUE: 'searches',
  FASTPATH_JOB_DEFINITION: 'worker',
  FASTPATH_INSTANCE_TYPE: 'g5.xlarge',
  FASTPATH_SCHEDULE_RULE: 'tick',
  FASTPATH_DATABASE_ARN: 'arn',
  FASTPATH_DATABASE_SECRET_ARN: 'secret',
};

const importing = `
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: {} };
const from = performance.now();
const { handler } = await import('./index.mjs');
const ms = performance.now() - from;
if (typeof handler !== 'function') throw new Error('there is no handler');
const { user, system } = process.cpuUsage();
console.log(ms, (user + system) / 1e3);`;

export async function bundleRows(processes: number): Promise<Measurement[]> {
  const kilobytes = async (leaveOut: string[]) => {
    const files = await bundleLambda('api', leaveOut);
    return [...files.values()].reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 1e3;
  };
  return [
    {
      name: 'API bundle for Lambda without the AWS SDK, gzip',
      value: await kilobytes(['@aws-sdk/*']),
      unit: 'KB',
      target: { atMost: 250 },
      note: `shipped latency models included; with the SDK inside, as it is deployed, ${(await kilobytes([])).toFixed(0)} KB`,
    },
    await importRow(processes),
  ];
}

async function importRow(processes: number): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-bench-import-'));
  try {
    for (const [path, bytes] of await bundleLambda('api')) await writeFile(join(folder, basename(path)), bytes);
    await writeFile(join(folder, 'import.mjs'), importing);
    const times: number[] = [];
    const cpuTimes: number[] = [];
    for (let i = 0; i < processes; i++) {
      const { stdout } = await run(process.execPath, [join(folder, 'import.mjs')], { env: environment });
      const [ms, cpuMs] = stdout.split(' ').map(Number);
      times.push(ms!);
      cpuTimes.push(cpuMs!);
    }
    return {
      name: 'import of the bundle, AWS SDK inside, fresh process',
      value: median(times),
      unit: 'ms',
      target: { atMost: 150 },
      note:
        `${processes} processes, fastest ${Math.min(...times).toFixed(0)}, 90 % within ${quantile(times, 0.9).toFixed(0)}; ` +
        `CPU ms of the whole process ${median(cpuTimes).toFixed(0)}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
