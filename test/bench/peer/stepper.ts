/** @file The driver's end of a stepper process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { parseAnswer, type Request } from './protocol.ts';

export class Stepper {
  private readonly answers: AsyncIterator<string>;
  private readonly exited: Promise<unknown>;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    // A process that could not be started gives no exit, only an error; a pipe to one that ended gives its own.
    this.exited = new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
    child.stdin!.on('error', () => {});
  }

  /** Starts `command`; what it writes to standard error is shown. */
  static start(name: string, command: string, args: readonly string[]): Stepper {
    return new Stepper(name, spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /**
   * Sends a request and waits for its answer: whoever awaits it has only this stepper working.
   * @throws Error that names the stepper where it answers an error, something else, or nothing
   */
  async ask<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.infer<Schema>> {
    this.send(request);
    const { value, done } = await this.answers.next();
    try {
      if (done) throw new Error('it ended without an answer');
      return parseAnswer(value, schema);
    } catch (error) {
      throw new Error(`${this.name}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async quit(): Promise<void> {
    this.send({ do: 'quit' });
    await this.exited;
  }

  private send(request: Request): void {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
  }
}
