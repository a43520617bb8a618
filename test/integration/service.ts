/** @file The built `fastpath serve` as a process, on a port of its own over a home of its own. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Command, type Ended, type Running } from './command.ts';

export interface ServiceOptions {
  /** 0: any that is free */
  port?: number;
  flags?: readonly string[];
  environment?: NodeJS.ProcessEnv;
}

export class Service {
  private constructor(
    private readonly running: Running,
    readonly url: string,
    readonly keyFile: string,
    /** the admin key */
    readonly key: string,
    readonly operatorKeyFile: string,
    readonly operatorKey: string,
  ) {}

  /** Over `root/home`, with data sets under `root/data`. */
  static async start(root: string, { port = 0, flags = [], environment = {} }: ServiceOptions = {}): Promise<Service> {
    const running = new Command(root, environment).start('serve', '--port', String(port), '--json', ...flags);
    await Promise.race([once(running.process.stdout!, 'data'), running.ended]);
    if (!running.out().includes('"serving"')) throw new Error(`serve did not start:\n${running.err()}`);
    const { url, keyFile, operatorKeyFile } = JSON.parse(running.out());
    const [key, operatorKey] = [keyFile, operatorKeyFile].map((file) => readFileSync(file, 'utf8').trim());
    return new Service(running, url, keyFile, key!, operatorKeyFile, operatorKey!);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.running.process.pid!;
  }

  /** What it has said so far. */
  err(): string {
    return this.running.err();
  }

  /** As when its machine is lost. */
  kill(): void {
    this.running.process.kill('SIGKILL');
  }

  async killed(): Promise<void> {
    this.kill();
    await this.running.ended;
  }

  /** As its owner stops it. */
  stopped(): Promise<Ended> {
    this.running.process.kill('SIGTERM');
    return this.running.ended;
  }
}

/** What a service was started over. The workers of one that was killed may write for a moment more. */
export function removeRoot(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
