/**
 * @file What README and docs/ say to type, typed: one reader, who begins with README and keeps the folder and the home
 * for the other pages. Blocks that are not run say why in the Markdown.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Block, documentNames, readDocument, repository } from '../documents/documents.ts';
import { writeClassFolders, writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

/** Ports that documents name, and what they are here, where others may have them. */
const ports = new Map<string, number>();
let root: string;
let home: string;
let checkout: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-reader-'));
  home = join(root, 'home');
  checkout = join(root, 'fastpath');
  await writeClassFolders(await writeTinyImages(join(root, 'shards')), join(home, 'data/images'));
  // An answer of 400 and over is a failure, which curl by itself does not say.
  await writeFile(join(home, '.curlrc'), 'fail-with-body\n');
  await mkdir(checkout);
  const kept = readdirSync(repository).filter((name) => !['.git', 'fastpath-results'].includes(name));
  for (const name of kept) await symlink(join(repository, name), join(checkout, name));
  for (const port of ['8080', '8081']) ports.set(port, await freePort());
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

test.each(documentNames)('%s', async (name) => {
  const { blocks } = readDocument(name);
  const script = blocks.filter(({ language }) => language === 'sh').map((block) => scriptOf(name, block));
  const { code, said } = await inBash(['set -euo pipefail', ...script].join('\n'));
  expect(code, said.slice(-3000)).toBe(0);
});

function scriptOf(name: string, { text, mark, line }: Block): string {
  if (mark.kind === 'not run') return '';
  const here = `echo "== ${name}:${line}" >&2\n`;
  if (mark.kind === 'run') return here + onOurPorts(text);
  const port = /PORT=(\d+)/.exec(text)?.[1] ?? '8080';
  const server = onOurPorts(text).replace('fastpath serve', `fastpath serve --port ${ports.get(port)}`);
  const listens = `(exec 3<>/dev/tcp/127.0.0.1/${ports.get(port)}) 2>/dev/null`;
  // A server that has ended makes `kill` fail, and so the script.
  return `${here}{\n${server}} &\nuntil ${listens}; do kill -0 $!; sleep 0.2; done\n`;
}

function onOurPorts(text: string): string {
  return text.replaceAll(/(?<=PORT=|127\.0\.0\.1:|localhost:)\d+\b/g, (port) => String(ports.get(port)));
}

/** In the reader's folder; whatever still runs at the end is ended with it. */
async function inBash(script: string): Promise<{ code: number | null; said: string }> {
  const { FASTPATH_HOME, FASTPATH_CACHE, FASTPATH_API_URL, FASTPATH_API_KEY, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, npm_config_update_notifier: 'false' };
  const bash = spawn('bash', ['-c', script], { cwd: checkout, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [bash.stdout, bash.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  // Comes once everything that it started is gone, too.
  const closed = new Promise((done) => bash.once('close', done));
  const code = await new Promise<number | null>((done) => bash.once('exit', done));
  try {
    process.kill(-bash.pid!, 'SIGTERM');
  } catch {
    // Nothing was left.
  }
  await closed;
  return { code, said };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
