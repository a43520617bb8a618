/** @file One POST to one address, in bounds of time and size. Redirects are answers like any other: not followed. */
import { type ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Target } from './target.ts';

/** From the first packet to the answer's headers. */
const timeLimitMs = 10_000;

/**
 * The status of the answer, whose body is not read. Rejects with an error of one line where there is none in time.
 * @param target whose address is connected to, whatever its name leads to by now; TLS still checks the name
 */
export function post(target: Target, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const { url, address } = target;
  const family = isIP(address);
  const pinned: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request: ClientRequest = send(url, {
      method: 'POST',
      lookup: pinned,
      // A connection of another delivery may lead to another address.
      agent: false,
      maxHeaderSize: 16_384,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeLimitMs / 1000} s`)), timeLimitMs);
    request.on('response', (response) => {
      clearTimeout(timer);
      response.on('error', () => undefined);
      response.destroy();
      resolve(response.statusCode!);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}
