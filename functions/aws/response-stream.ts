/**
 * @file A web-standard handler as a Lambda function whose answers are streamed: behind a function URL in the mode
 * RESPONSE_STREAM. Hono's own adapter answers a GET with a body by half, and lets go of no stream whose reader has left.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What a function URL sends (payload 2.0): https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export interface FunctionUrlEvent {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  requestContext: { domainName: string; http: { method: string } };
  body?: string;
  isBase64Encoded: boolean;
}

/** In Node's runtime on Lambda. */
declare const awslambda: {
  streamifyResponse<T>(handler: (event: T, stream: Writable) => Promise<void>): unknown;
  HttpResponseStream: {
    /** The same stream; status and headers go before what is written first. */
    from(stream: Writable, head: { statusCode: number; headers: Record<string, string> }): Writable;
  };
};

export function streamed(answer: (request: Request) => Response | Promise<Response>): unknown {
  return awslambda.streamifyResponse<FunctionUrlEvent>(async (event, stream) => {
    const response = await answer(requestOf(event));
    const head = { statusCode: response.status, headers: Object.fromEntries(response.headers) };
    const to = awslambda.HttpResponseStream.from(stream, head);
    // The head goes out with the first write, also where nothing follows.
    to.write('');
    if (response.body === null) to.end();
    else await pipeline(Readable.fromWeb(response.body as never), to);
  });
}

function requestOf({ rawPath, rawQueryString, headers, requestContext, body, isBase64Encoded }: FunctionUrlEvent) {
  const { domainName, http } = requestContext;
  const url = new URL(`https://${domainName}${rawPath}`);
  url.search = rawQueryString;
  // Others have none in the web's terms, whatever was sent.
  const hasBody = body !== undefined && http.method !== 'GET' && http.method !== 'HEAD';
  return new Request(url, {
    method: http.method,
    headers,
    ...(hasBody ? { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') } : {}),
  });
}
