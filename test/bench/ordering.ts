/** @file A service on Batch with a verified data set, and clients that order searches of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleResult } from '../../functions/service/searches/test-setting.ts';
import { createdDataSetSchema, dataSetSchema } from '../../shared/contract/api/data-sets.ts';
import { type Order, orderSchema } from '../../shared/contract/api/orders.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

/** Claims its search as the worker does, and notes that it did. The shell opens a file of `>` exclusively after `set -C`. */
export const claim = `
search=$FASTPATH_STORE/$FASTPATH_SEARCH
mkdir -p $search/attempts/1 $search/progress
set -C
printf '{"format":"fastpath.claim/1","job":"%s","at":"2026-01-01T00:00:00.000Z"}' $AWS_BATCH_JOB_ID >$search/attempts/1/claim || exit 1
set +C
echo $AWS_BATCH_JOB_ID >>$search/executed`;

export const deliver = 'cp -R $ROOT/result $search/result';

export class Ordering {
  private dataSetId = '';

  private constructor(
    readonly root: string,
    private served: Served,
  ) {}

  /** @param job shell script of a search's job, e.g. `claim` and `deliver` */
  static async start(job: string, lostAnswers: number): Promise<Ordering> {
    const root = await mkdtemp(join(tmpdir(), 'fastpath-bench-orders-'));
    await writeTinyImages(join(root, 'data/tiny'));
    await mkdir(join(root, 'result'));
    for (const [name, content] of Object.entries(exampleResult())) {
      await writeFile(join(root, 'result', `${name}.json`), JSON.stringify(content));
    }
    const args = [root, job, String(lostAnswers)];
    const ordering = new Ordering(root, await startService(args));
    ordering.dataSetId = await ordering.register();
    // Making a database takes half a gigabyte, which the process then keeps.
    await ordering.kill();
    ordering.served = await startService(args);
    return ordering;
  }

  get pid(): number {
    return this.served.child.pid!;
  }

  /** Submissions that the queue carried out and did not answer. */
  async answersLost(): Promise<number> {
    this.served.child.send('');
    return (await once(this.served.child, 'message'))[0];
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.served.url}${path}`, { headers: { authorization: `Bearer ${this.served.key}` } });
  }

  /** One search. Comes back when it is told to, as clients do. */
  async order(idempotencyKey: string): Promise<Order> {
    const request = {
      dataSetId: this.dataSetId,
      space: 'tiny',
      targets: [{ hardware: builtInModels[0]!.hardware.id, budgetMs: 0.08 }],
      maxCostUsd: 1,
    };
    for (;;) {
      const response = await this.post('/v1/orders', request, { 'idempotency-key': idempotencyKey });
      const retryAfter = response.headers.get('retry-after');
      if (response.status === 201) return orderSchema.parse(await response.json());
      if (retryAfter === null) throw new Error(await response.text());
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, Number(retryAfter) * 1e3));
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  private async kill(): Promise<void> {
    const gone = once(this.served.child, 'exit');
    this.served.child.kill('SIGKILL');
    await gone;
  }

  private async register(): Promise<string> {
    const source = { name: 'tiny', source: { type: 'directory', path: 'tiny' } };
    const { id } = createdDataSetSchema.parse(await (await this.post('/v1/datasets', source)).json());
    for (;;) {
      const { state } = dataSetSchema.parse(await (await this.get(`/v1/datasets/${id}`)).json());
      if (state === 'verified') return id;
      if (state === 'refused') throw new Error('the data set was refused');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private post(path: string, body: unknown, more: Record<string, string> = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.served.key}`, 'content-type': 'application/json', ...more };
    return fetch(`${this.served.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

interface Served {
  child: ChildProcess;
  url: string;
  key: string;
}

async function startService(args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'batch-service.ts'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the service did not start')));
  const [{ url, keyFile }] = await Promise.race([once(child, 'message'), ended]);
  return { child, url, key: (await readFile(keyFile, 'utf8')).trim() };
}
