/**
 * @file A web-standard handler as a Lambda function whose answers are streamed: behind a function URL in the mode
 * RESPONSE_STREAM. Hono's own adapter answers a GET with a body by half, and lets go of no stream whose reader has left.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from '../api/cors.ts';

/** What CloudFront calls the host that it was asked at: a function URL only ever sees its own. As infra sets it. */
export const hostHeader = 'x-forwarded-host';

/** What a function URL sends (payload 2.0): https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export interface FunctionUrlEvent {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  /** taken out of the headers */
  cookies?: string[];
  requestContext: { domainName: string; http: { method: string; sourceIp: string } };
  body?: string;
  isBase64Encoded: boolean;
}

/** In Node's runtime on Lambda. */
declare const awslambda: {
  streamifyResponse<T>(handler: (event: T, stream: Writable) => Promise<void>): unknown;
  HttpResponseStream: {
    /** The same stream; status and headers go before what is written first. */
    from(stream: Writable, head: { statusCode: number; headers: Record<string, string>; cookies: string[] }): Writable;
  };
};

/** @param answer is given the event beside the request */
export function streamed(answer: Answer): unknown {
  return awslambda.streamifyResponse<FunctionUrlEvent>(async (event, stream) => {
    const response = await answer(requestOf(event), event);
    const cookies = response.headers.getSetCookie();
    response.headers.delete('set-cookie');
    const head = { statusCode: response.status, headers: Object.fromEntries(response.headers), cookies };
    const to = awslambda.HttpResponseStream.from(stream, head);
    // The head goes out with the first write, also where nothing follows.
    to.write('');
    if (response.body === null) to.end();
    else await pipeline(Readable.fromWeb(response.body as never), to);
  });
}

function requestOf({
  rawPath,
  rawQueryString,
  cookies,
  requestContext,
  body,
  isBase64Encoded,
  ...event
}: FunctionUrlEvent) {
  const { domainName, http } = requestContext;
  const host = event.headers[hostHeader] ?? domainName;
  const url = new URL(`https://${host}${rawPath}`);
  url.search = rawQueryString;
  // Others have none in the web's terms, whatever was sent.
  const hasBody = body !== undefined && http.method !== 'GET' && http.method !== 'HEAD';
  return new Request(url, {
    method: http.method,
    headers: { ...event.headers, host, ...(cookies === undefined ? {} : { cookie: cookies.join('; ') }) },
    ...(hasBody ? { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') } : {}),
  });
}
