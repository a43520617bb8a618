/**
 * @file AWS Lambda as far as a function notices: instances are processes with the Runtime API, each at work on one event
 * at a time and frozen in between; more of them start while all are busy. `url` is the function URL, in front of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LambdaName } from '../../../functions/aws/bundle.ts';
import { functionUrlEvent } from '../../integration/function-url-event.ts';
import { HeadSplitter } from './head-splitter.ts';

interface Invocation {
  id: string;
  event: unknown;
  /** takes the body of `…/response` */
  answer(body: IncomingMessage): void;
  fail(error: Error): void;
}

interface Instance {
  process: ChildProcess;
  /** the request for the next event, while it is idle */
  next: ServerResponse | null;
  at: Invocation | null;
}

export class LambdaFunction {
  /** all that instances printed */
  log = '';
  private readonly instances = new Map<string, Instance>();
  private readonly waiting: Invocation[] = [];
  private readonly front = createServer((request, response) => void this.visit(request, response));
  private readonly runtimeApi = createServer((request, response) => this.runtime(request, response));

  private constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /**
   * Of what `npm run build:lambda` made, in a folder with nothing around it.
   * @param environment all that instances get to see
   */
  static async deploy(name: LambdaName, environment: NodeJS.ProcessEnv): Promise<LambdaFunction> {
    const folder = await mkdtemp(join(tmpdir(), `fastpath-${name}-`));
    await cp(join(import.meta.dirname, '../../../.dist/lambda', name), folder, { recursive: true });
    const deployed = new LambdaFunction(folder, environment);
    for (const server of [deployed.front, deployed.runtimeApi]) await once(server.listen(0, '127.0.0.1'), 'listening');
    return deployed;
  }

  get url(): string {
    return `http://127.0.0.1:${port(this.front)}`;
  }

  get instanceCount(): number {
    return this.instances.size;
  }

  /** What the handler returns. Rejects with what it threw. */
  async invoke(event: unknown): Promise<unknown> {
    const body = await this.send(event);
    return JSON.parse(await textOf(body));
  }

  stop(): void {
    for (const { process } of this.instances.values()) process.kill('SIGKILL');
    for (const server of [this.front, this.runtimeApi]) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private send(event: unknown): Promise<IncomingMessage> {
    return new Promise((answer, fail) => {
      this.waiting.push({ id: randomUUID(), event, answer, fail });
      if (![...this.instances.values()].some(({ next }) => next !== null)) this.startInstance();
      this.assign();
    });
  }

  private startInstance(): void {
    const name = String(this.instances.size + 1);
    const environment = { ...this.environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port(this.runtimeApi)}/${name}` };
    const runtime = join(import.meta.dirname, 'runtime.mjs');
    const child = spawn(process.execPath, [runtime, join(this.folder, 'index.mjs')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
    }
    const instance: Instance = { process: child, next: null, at: null };
    this.instances.set(name, instance);
    child.on('exit', (code) => {
      this.instances.delete(name);
      const lost = new Error(`instance ${name} ended with ${code}:\n${this.log}`);
      instance.at?.fail(lost);
      if (this.instances.size === 0) for (const { fail } of this.waiting.splice(0)) fail(lost);
    });
  }

  /** Hands what waits to who is idle. */
  private assign(): void {
    for (const instance of this.instances.values()) {
      if (instance.next === null) continue;
      const invocation = this.waiting.shift();
      if (invocation === undefined) return;
      instance.process.kill('SIGCONT');
      instance.next.setHeader('lambda-runtime-aws-request-id', invocation.id).end(JSON.stringify(invocation.event));
      Object.assign(instance, { next: null, at: invocation });
    }
  }

  /** Requests of instances: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
  private runtime(request: IncomingMessage, response: ServerResponse): void {
    const [, name, call] = /^\/(\d+)\/2018-06-01\/runtime\/(?:invocation\/)?(.+)$/.exec(request.url!)!;
    const instance = this.instances.get(name!)!;
    if (call === 'next') {
      Object.assign(instance, { next: response, at: null });
      this.assign();
      // Nothing happens in an instance that has nothing to do.
      if (instance.next !== null) instance.process.kill('SIGSTOP');
      return;
    }
    const { at } = instance;
    request.on('end', () => response.writeHead(202).end());
    if (call!.endsWith('/response')) at!.answer(request);
    else void textOf(request).then((text) => this.failed(at, text));
  }

  /** Of an invocation, or of the start before any. */
  private failed(at: Invocation | null, error: string): void {
    this.log += `${error}\n`;
    at?.fail(new Error(error));
  }

  private async visit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await this.send(await this.eventOf(request));
      const split = new HeadSplitter(({ statusCode, headers, cookies }) =>
        response.writeHead(statusCode, { ...headers, ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) }),
      );
      for await (const chunk of body) {
        const rest = split.add(chunk as Buffer);
        // A client that left is not told to the function, which goes on.
        if (rest.length > 0 && !response.destroyed) response.write(rest);
      }
      response.end();
    } catch (error) {
      this.log += `${error}\n`;
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain' }).end('Internal Server Error');
    }
  }

  private async eventOf(request: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    return functionUrlEvent({
      path: request.url!,
      method: request.method!,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      ...(body.length === 0 ? {} : { body }),
      base64: !/^(text\/|application\/json)/.test(request.headers['content-type'] ?? ''),
    });
  }
}

const port = (server: Server): number => (server.address() as AddressInfo).port;

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
