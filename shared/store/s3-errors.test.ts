import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Store } from './s3.ts';

/** What the server answers with. */
let answer: { status: number; code: string; headers?: Record<string, string>; body?: string };
let server: Server;
let store: S3Store;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/xml', ...answer.headers });
    response.end(`<Error><Code>${answer.code}</Code><Message>m</Message>${answer.body ?? ''}</Error>`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  store = new S3Store({
    bucket: 'images',
    prefix: 'x',
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
});
afterAll(() => server.close());

it.each<[string, typeof answer, RegExp]>([
  [
    'store.no-bucket',
    { status: 404, code: 'NoSuchBucket' },
    /s3:\/\/images\/x .*there is no such bucket: check its name/,
  ],
  ['store.denied', { status: 403, code: 'AccessDenied' }, /access is denied: check the credentials and their rights/],
  ['store.denied', { status: 400, code: 'ExpiredToken' }, /access is denied/],
  [
    'store.region',
    { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } },
    /\(PermanentRedirect, HTTP 301, eu-west-1\): the bucket lies in another region: set AWS_REGION to it/,
  ],
  [
    'store.region',
    { status: 400, code: 'AuthorizationHeaderMalformed', body: '<Region>eu-west-1</Region>' },
    /HTTP 400, eu-west-1\)/,
  ],
  ['store.refused', { status: 400, code: 'InvalidRequest' }, /check the address and region/],
])('answers %s to %j', async (code, reply, line) => {
  answer = reply;
  const calls = [() => store.get('k'), () => store.getRange('k', 0, 5), () => store.put('k', Buffer.from('x')), first];
  for (const call of calls) {
    const calling = call();
    await expect(calling).rejects.toMatchObject({ code, retry: false });
    await expect(calling).rejects.toThrow(line);
  }
});

async function first(): Promise<void> {
  for await (const _ of store.list('')) return;
}
