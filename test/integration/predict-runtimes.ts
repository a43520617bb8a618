/** @file The prediction service in each runtime it is made for, reached by the same requests. */
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { handler } from '../../functions/predict/lambda.ts';
import { predictServer } from '../../functions/predict/node-server.ts';
import { anyone, publicModels, unmetered } from '../../functions/predict/public-models.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { functionUrlEvent } from './function-url-event.ts';

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

/** The handler, given events as an HTTP API or a function URL makes them: what is no text always comes as base64. */
export async function lambdaRuntime(options: { base64: boolean }): Promise<Runtime> {
  return {
    async call(path, { method = 'GET', headers = {}, body } = {}) {
      const base64 = options.base64 || headers['content-type'] === 'application/octet-stream';
      const event = functionUrlEvent({ path, method, headers, ...(body === undefined ? {} : { body }), base64 });
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

/** The bundle in workerd itself; bodies as streams. @param bindings settings and secrets */
export async function workerdRuntime(bindings: Record<string, string> = {}): Promise<Runtime> {
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
    bindings,
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
