import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { downloadOfficial, officialAddress } from './official.ts';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastpath-official-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the address is the one the package would use, mirrors included', () => {
  const file = 'libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz';
  const address = (env: NodeJS.ProcessEnv) => officialAddress('gpu', 'x64', '2.9.1', env);
  expect(address({})).toBe(`https://storage.googleapis.com/tensorflow/libtensorflow/${file}`);
  expect(address({ TFJS_NODE_CDN_STORAGE: 'http://m/' })).toBe(`http://m/tensorflow/libtensorflow/${file}`);
  expect(address({ TFJS_NODE_BASE_URI: 'http://m/tf-' })).toBe('http://m/tf-gpu-linux-x86_64-2.9.1.tar.gz');
  expect(officialAddress('cpu', 'arm64', '2.9.1', {})).toBeUndefined();
});

test('what comes is unpacked', async () => {
  const folder = temporary();
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib/libtensorflow.so.2'), 'library');
  execFileSync('tar', ['-czf', 'all.tar.gz', 'lib'], { cwd: folder });
  const address = await serve((_, response) => response.end(readFileSync(join(folder, 'all.tar.gz'))));
  await downloadOfficial(address, join(folder, 'out'));
  expect(readFileSync(join(folder, 'out/lib/libtensorflow.so.2'), 'utf8')).toBe('library');
});

test.each<[string, RequestListener, RegExp]>([
  ['refuses', (_, response) => response.writeHead(403).end(), /the host answers 403/],
  ['sends something else', (_, response) => response.end('<html>Please log in</html>'), /not a \.tar\.gz/],
  ['sends much of something else', (_, response) => response.end(Buffer.alloc(4 << 20, 'no')), /not a \.tar\.gz/],
  ['breaks off', (_, response) => response.write('x', () => response.destroy()), /failed/],
  ['says nothing', () => {}, /does not answer in time/],
])('a host that %s', async (_, answer, message) => {
  const download = downloadOfficial(await serve(answer), join(temporary(), 'out'), { answerMs: 300 });
  await expect(download).rejects.toMatchObject({ code: 'native.download', message: expect.stringMatching(message) });
});

test('a host that is not there', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const download = downloadOfficial(`http://127.0.0.1:${port}/`, join(temporary(), 'out'));
  await expect(download).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
});
