/** @file The runner that lives in a worker, asked from the page. */
import { FastpathError } from '../../../../shared/errors.ts';
import type { Runner, RunnerConditions } from '../../../../shared/latency/measuring/runner.ts';
import type { TimedModel } from '../../../../shared/latency/measuring/schedule.ts';
import type { Visit } from '../../../../shared/latency/measuring/time-visit.ts';
import type { Question, Reply } from './questions.ts';
import type { Backend } from './this-device.ts';

export class WorkerRunner implements Runner {
  private constructor(
    private readonly worker: Worker,
    readonly conditions: RunnerConditions,
  ) {}

  /**
   * @param address of the worker's script
   * @param folder of the library's files, with a slash at its end
   * @throws FastpathError `measure.browser-failed`
   */
  static async open(address: string, backend: Backend, folder: string): Promise<WorkerRunner> {
    const worker = new Worker(address, { type: 'module' });
    try {
      const help = backend === 'webgpu' ? 'choose WebAssembly' : usualHelp;
      const conditions = await ask(worker, { ask: 'open', of: [backend, folder] }, help);
      return new WorkerRunner(worker, conditions as RunnerConditions);
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  async load(models: readonly TimedModel[]): Promise<void> {
    await ask(this.worker, { ask: 'load', of: [models] });
  }

  async visit(key: string, visit: Visit): Promise<number> {
    return (await ask(this.worker, { ask: 'visit', of: [key, visit] })) as number;
  }

  async output(key: string): Promise<Float32Array> {
    return (await ask(this.worker, { ask: 'output', of: [key] })) as Float32Array;
  }

  async close(): Promise<void> {
    this.worker.terminate();
  }
}

const usualHelp = 'close other tabs and programs, and load this page again';

function ask(worker: Worker, question: Question, help = usualHelp): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('answer' in data) resolve(data.answer);
      else reject(failed(data.failure, help));
    };
    worker.onerror = ({ message }) => reject(failed(message || 'its worker did not start', help));
    worker.postMessage(question);
  });
}

function failed(reason: string, help: string): FastpathError {
  const message = `this browser could not run the networks (${reason}): ${help}`;
  return new FastpathError('measure.browser-failed', message, { retry: true });
}
