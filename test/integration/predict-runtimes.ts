/** @file The prediction service in each runtime it is made for, reached by the same requests. */
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { handler } from '../../functions/predict/lambda.ts';
import { predictServer } from '../../functions/predict/node.ts';
import { anyone, publicModels, unmetered } from '../../functions/predict/public-models.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface Runtime {
  call(path: string, call?: Call): Promise<Response>;
  close(): Promise<void>;
}

/** Real HTTP on a port of its own; bodies in chunks, without a length. */
export async function nodeRuntime(): Promise<Runtime> {
  const server = predictServer({ models: publicModels(builtInModels), authorize: anyone, meter: unmetered });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    call: (path, { body, ...rest } = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, body === undefined ? rest : { ...rest, ...streamed(body) }),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** The handler, given events as an HTTP API or a function URL makes them. */
export async function lambdaRuntime(options: { base64: boolean }): Promise<Runtime> {
  return {
    async call(path, { method = 'GET', headers = {}, body } = {}) {
      const event = eventOf(path, method, headers, body, options.base64);
      const result = (await handler(event as never)) as {
        statusCode: number;
        headers: Record<string, string>;
        body: string;
        isBase64Encoded: boolean;
      };
      const bytes = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
      const empty = result.statusCode === 304;
      return new Response(empty ? null : bytes, { status: result.statusCode, headers: result.headers });
    },
    close: async () => undefined,
  };
}

/** The bundle in workerd itself; bodies as streams. */
export async function workerdRuntime(): Promise<Runtime> {
  const { outputFiles } = await build({
    entryPoints: ['functions/predict/worker.ts'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: '2026-04-01',
    cf: false,
  });
  await worker.ready;
  return {
    async call(path, { body, ...rest } = {}) {
      const init = body === undefined ? rest : { ...rest, ...streamed(body) };
      const response = await worker.dispatchFetch(`http://service${path}`, init as never);
      return response as unknown as Response;
    },
    close: () => worker.dispose(),
  };
}

/** In pieces of 64 KB, as networks deliver bodies: no length is known beforehand. */
function streamed(body: string | Uint8Array) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 65_536));
      at += 65_536;
    },
  });
  return { body: stream, duplex: 'half' as const };
}

function eventOf(
  path: string,
  method: string,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
  base64: boolean,
) {
  const [rawPath, rawQueryString = ''] = path.split('?');
  const bytes = body === undefined ? undefined : Buffer.from(body as Uint8Array);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { host: 'abc123.lambda-url.eu-central-1.on.aws', 'x-forwarded-proto': 'https', ...headers },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abc123',
      domainName: 'abc123.lambda-url.eu-central-1.on.aws',
      domainPrefix: 'abc123',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: '9a0e3f5c-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_521_600_000,
    },
    ...(bytes === undefined ? {} : { body: bytes.toString(base64 ? 'base64' : 'utf8') }),
    isBase64Encoded: base64 && bytes !== undefined,
  };
}
