/** @file The built `fastpath serve` as a process, on a port of its own over a home of its own. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Command, type Running } from './command.ts';

export class Service {
  private constructor(
    private readonly running: Running,
    readonly url: string,
    /** the admin key */
    readonly key: string,
    readonly keyFile: string,
  ) {}

  /** Over `root/home`, with data sets under `root/data`. @param port 0: any that is free */
  static async start(root: string, port = 0, ...flags: string[]): Promise<Service> {
    const running = new Command(root).start('serve', '--port', String(port), '--json', ...flags);
    await Promise.race([once(running.process.stdout!, 'data'), running.ended]);
    expect(running.out(), running.err()).toContain('"serving"');
    const { url, keyFile } = JSON.parse(running.out());
    return new Service(running, url, readFileSync(keyFile, 'utf8').trim(), keyFile);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** As when its machine is lost. */
  kill(): void {
    this.running.process.kill('SIGKILL');
  }

  async killed(): Promise<void> {
    this.kill();
    await this.running.ended;
  }
}
