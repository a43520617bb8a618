/**
 * @file Addresses that open one object of a directory store over HTTP for a while: method, key, expiry and size or file
 * name, under an HMAC-SHA256. The server that holds the secret answers them with `answerLink`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { FastpathError } from '../errors.ts';
import { checkKey, type Link, type LinkRequest, type ObjectStore } from './object-store.ts';

export interface LinkSigning {
  /**
   * where `answerLink` answers, without a slash at its end: `https://api.example.com/objects`, or `/objects` of whatever
   * host was asked for the link
   */
  baseUrl: string;
  /** at least 32 random bytes */
  secret: Uint8Array;
}

/** The header that makes a browser save rather than show; non-ASCII names as in RFC 8187. */
export function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

export function signedLink({ baseUrl, secret }: LinkSigning, key: string, request: LinkRequest, now: Date): Link {
  checkKey(key);
  const expires = Math.floor(now.getTime() / 1000) + request.expiresInSeconds;
  const detail = request.method === 'GET' ? request.fileName : String(request.sizeBytes);
  const query = new URLSearchParams({ expires: String(expires), detail });
  query.set('signature', signature(secret, request.method, key, String(expires), detail).toString('base64url'));
  const path = key.split('/').map(encodeURIComponent).join('/');
  return { url: `${baseUrl}/${path}?${query}`, expiresAt: new Date(1000 * expires) };
}

function signature(secret: Uint8Array, ...parts: string[]): Buffer {
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
}

/**
 * Answers a request to an address of `signedLink`: 200 with the object, 201 once the upload is stored whole.
 * @throws FastpathError `link.invalid` (403: forged, for another method, or expired), `store.missing` (404),
 * `link.size` (422: another size than was agreed; nothing is stored)
 */
export async function answerLink(
  store: ObjectStore,
  { baseUrl, secret }: LinkSigning,
  request: Request,
  now: Date,
): Promise<Response> {
  const url = new URL(request.url);
  const key = keyOf(url.pathname, new URL(baseUrl, url).pathname);
  const [expires, detail] = [url.searchParams.get('expires') ?? '', url.searchParams.get('detail') ?? ''];
  const given = Buffer.from(url.searchParams.get('signature') ?? '', 'base64url');
  const right = key === null ? null : signature(secret, request.method, key, expires, detail);
  if (key === null || right === null || given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new FastpathError('link.invalid', `this address opens nothing for ${request.method}: ask for a new one`);
  }
  if (1000 * Number(expires) <= now.getTime()) {
    throw new FastpathError('link.invalid', 'this address has expired: ask for a new one');
  }
  if (request.method === 'GET') return download(store, key, detail);
  const { etag } = await store.put(key, exactly(Number(detail), bodyOf(request)));
  return new Response(null, { status: 201, headers: { etag: `"${etag}"` } });
}

function keyOf(path: string, base: string): string | null {
  if (!path.startsWith(`${base}/`)) return null;
  try {
    return path
      .slice(base.length + 1)
      .split('/')
      .map(decodeURIComponent)
      .join('/');
  } catch {
    return null;
  }
}

async function download(store: ObjectStore, key: string, fileName: string): Promise<Response> {
  const chunks = store.getStream(key)[Symbol.asyncIterator]();
  // The first chunk tells whether there is such an object, before a status is sent.
  let next: IteratorResult<Uint8Array> | null = await chunks.next();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = next ?? (await chunks.next());
      next = null;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
  return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': attachment(fileName),
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    },
  });
}

async function* bodyOf(request: Request): AsyncIterable<Uint8Array> {
  if (request.body !== null) yield* request.body as unknown as AsyncIterable<Uint8Array>;
}

/** Passes chunks on and throws `link.size` as soon as they are more, or at their end less, than `sizeBytes`. */
async function* exactly(sizeBytes: number, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > sizeBytes) break;
    yield chunk;
  }
  if (bytes === sizeBytes) return;
  const found = bytes > sizeBytes ? 'more came' : `${bytes} came`;
  throw new FastpathError('link.size', `the file was announced with ${sizeBytes} bytes and ${found}: send it again`);
}
