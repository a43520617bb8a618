/** @file Starts an S3-compatible server (moto) on a free loopback port for the tests that speak to one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface S3Server {
  endpoint: string;
  stop(): Promise<void>;
}

function python(): string {
  const path = process.env.FASTPATH_TEST_PYTHON ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
  if (existsSync(path)) return path;
  throw new Error(
    `No Python at ${path}. The S3 tests need moto: python3 -m venv .venv && .venv/bin/pip install 'moto[server]==5.2.*', ` +
      'or name another Python that has it in FASTPATH_TEST_PYTHON.',
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function untilAnswering(endpoint: string, child: ChildProcess, output: string[]): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (Date.now() < deadlineMs && child.exitCode === null) {
    const up = await fetch(`${endpoint}/moto-api/`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`moto did not start at ${endpoint}:\n${output.join('')}`);
}

export async function startS3Server(): Promise<S3Server> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(python(), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    output.push(chunk.toString());
    if (output.length > 50) output.shift();
  });
  await untilAnswering(endpoint, child, output);
  return {
    endpoint,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}
