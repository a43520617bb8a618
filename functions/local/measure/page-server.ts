/**
 * @file Serves the measuring page on this machine only, isolated from other origins: the browser then gives it a finer
 * clock and lets WebAssembly have threads (https://web.dev/articles/coop-coep).
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { builtFile } from '../package-root.ts';

const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const html =
  '<!doctype html><meta charset="utf-8"><title>Fastpath measures</title><link rel="icon" href="data:,"><script src="/page.js"></script>';

/** Files by the path they are asked for at. */
function files(): Map<string, { type: string; read: () => Promise<string | Uint8Array> }> {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  const wasm = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];
  return new Map([
    ['/', { type: 'text/html', read: async () => html }],
    ['/page.js', { type: 'text/javascript', read: () => readFile(builtFile('functions/web/measure/page.js')) }],
    ...wasm.map(
      (name) =>
        [
          `/wasm/${name}`,
          { type: 'application/wasm', read: () => readFile(join(dirname(manifest), 'dist', name)) },
        ] as const,
    ),
  ]);
}

export interface PageServer {
  url: string;
  close(): void;
}

/** @throws FastpathError `measure.page-missing` where the page was not built */
export async function servePage(): Promise<PageServer> {
  const known = files();
  await readFile(builtFile('functions/web/measure/page.js')).catch((cause: unknown) => {
    throw new FastpathError('measure.page-missing', 'the measuring page is not built: run npm run build', { cause });
  });
  const server: Server = createServer((request, response) => {
    const file = known.get(request.url ?? '');
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    file.read().then(
      (content) => response.writeHead(200, { ...isolation, 'content-type': file.type }).end(content),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}
