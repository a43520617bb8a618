/**
 * @file A process that serves a folder as the bucket `bench`, so that what serving takes is not counted: listings, whole
 * objects and ranges of them, as S3 answers. Prints its address. moto, which the tests use, answers 300 requests a
 * second: less than what is measured.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DirectoryStore } from '../../../shared/store/directory.ts';

const store = new DirectoryStore(process.argv[2]!);

async function list(prefix: string, response: ServerResponse): Promise<void> {
  let entries = '';
  for await (const { key, size, etag } of store.list(prefix)) {
    entries += `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"${etag}"</ETag></Contents>`;
  }
  response.setHeader('content-type', 'application/xml');
  response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`);
}

async function range(key: string, header: string, response: ServerResponse): Promise<void> {
  const [first, last] = /^bytes=(\d+)-(\d+)$/.exec(header)!.slice(1).map(Number) as [number, number];
  const bytes = await store.getRange(key, first, last - first + 1);
  response.writeHead(206, { 'content-length': bytes.length, etag: '"1"', 'content-range': `bytes ${first}-${last}/*` });
  response.end(bytes);
}

async function whole(key: string, response: ServerResponse): Promise<void> {
  const object = await store.get(key);
  response.writeHead(object === null ? 404 : 200, { 'content-length': object?.bytes.length ?? 0, etag: '"1"' });
  response.end(object?.bytes);
}

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://bucket');
  const key = decodeURIComponent(url.pathname).slice('/bench/'.length);
  const answered = url.searchParams.has('list-type')
    ? list(url.searchParams.get('prefix') ?? '', response)
    : request.headers.range === undefined
      ? whole(key, response)
      : range(key, request.headers.range, response);
  answered.catch((error: Error) => response.destroy(error));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
