/** @file Bodies end at the limit, whatever came before: an endless one is given up, on a stream and on a socket. */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { BodyText, readStream } from './body.ts';
import { predictServer } from './node-server.ts';
import { anyone, publicModels, unmetered } from './public-models.ts';

const chunk = new Uint8Array(1000).fill(32);

test('an endless stream is cancelled soon after the limit', async () => {
  let given = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      given += chunk.length;
      controller.enqueue(chunk);
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const endless = new Request('http://service/', { method: 'POST', body, duplex: 'half' } as RequestInit);
  await expect(readStream(endless, new BodyText(10_000), undefined)).rejects.toMatchObject({
    code: 'request.too-large',
  });
  expect(cancelled).toBe(true);
  expect(given).toBeLessThanOrEqual(13_000);
});

test.each([
  ['a character cut in two by chunks', [[0xc3], [0xa9]], 'é'],
  ['nothing', [], ''],
])('%s is read whole', async (_name, chunks, text) => {
  expect(await readStream(requestOf(chunks), new BodyText(100), undefined)).toBe(text);
});

test.each([
  ['a lone continuation', [[0xa9]]],
  ['an end in the middle of a character', [[0x41], [0xc3]]],
])('%s is no UTF-8', async (_name, chunks) => {
  await expect(readStream(requestOf(chunks), new BodyText(100), undefined)).rejects.toMatchObject({
    code: 'request.not-utf8',
  });
});

test('a client that never stops sending gets its answer and loses its connection', async () => {
  const server = predictServer({ models: publicModels(builtInModels), authorize: anyone, meter: unmetered });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, method: 'POST', path: '/v1/latency', headers: { 'content-type': 'application/json' } });
  const closed = new Promise<void>((resolve) => sent.once('close', resolve));
  sent.on('error', () => undefined);
  const status = new Promise<number | undefined>((resolve) => {
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  const megabyte = Buffer.alloc(1_000_000, 32);
  const pump = setInterval(() => sent.write(megabyte), 2);
  expect(await status).toBe(413);
  await closed;
  clearInterval(pump);
  server.close();
});

function requestOf(chunks: number[][]): Request {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const bytes of chunks) controller.enqueue(Uint8Array.from(bytes));
      controller.close();
    },
  });
  return new Request('http://service/', { method: 'POST', body, duplex: 'half' } as RequestInit);
}
