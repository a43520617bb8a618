/**
 * @file A stand-in for AWS Batch: speaks its REST API over HTTP to the real SDK, and really runs the jobs, as processes
 * of the same runner that stands behind the queue of one machine. It can take machines away as a spot market does, lose
 * its answers, and be out of order; every change of a job's state comes out as EventBridge would tell it.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../shared/clock.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { JobDescription, JobEvent, JobRequest } from '../../../shared/queue/job-queue.ts';
import { Runner } from '../../../shared/queue/runner.ts';
import { Random } from '../../../shared/random.ts';
import {
  describeJobsSchema,
  detailOf,
  type EvaluateOnExit,
  endJobSchema,
  listJobsSchema,
  type Names,
  requestOf,
  retries,
  submitJobSchema,
  summaryOf,
} from './wire.ts';

export interface BatchServerOptions extends Names {
  /** of its jobs; empty at first */
  directory: string;
  /** what the container of the job definition would run */
  command: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** machines */
  concurrency: number;
  /** between SIGTERM and SIGKILL, also when a machine is reclaimed */
  graceMs: number;
  /** Batch takes no less than 60 */
  leastTimeoutSeconds?: number;
  /** share of submissions that are carried out but answered by a dropped connection */
  lostAnswers?: number;
  onEvent?(event: BatchEvent): void;
}

/** As EventBridge delivers it. */
export type BatchEvent = ReturnType<typeof eventOf>;

/** What the server does with requests: all well, all refused with this status, or none answered. */
export type Weather = 'fine' | 'dropping' | 429 | 500 | 503;

export class BatchServer {
  /** may be set at any time */
  weather: Weather = 'fine';
  /** requests so far, by operation */
  readonly requests = new Map<string, number>();
  /** submissions that were carried out and not answered */
  answersLost = 0;
  private readonly strategies = new Map<string, EvaluateOnExit>();
  private readonly environments = new Map<string, JobRequest['environment']>();
  private readonly server: Server;
  private runner!: Runner;
  private readonly chance = Random.named(1, 'lost answers');

  private constructor(private readonly options: BatchServerOptions) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(options: BatchServerOptions): Promise<BatchServer> {
    const batch = new BatchServer(options);
    const { directory, command, environment, concurrency, graceMs } = options;
    batch.runner = await Runner.open({
      ...{ directory, command, environment, concurrency, graceMs },
      clock: systemClock,
      startsAgain: ({ id, attempts }) => retries(batch.strategies.get(id.split(':')[0]!) ?? [], attempts.at(-1)!),
      onEvent: (event) => options.onEvent?.(eventOf(event, options)),
    });
    await new Promise<void>((resolve) => batch.server.listen(0, '127.0.0.1', resolve));
    return batch;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Takes the machine of a running job away. */
  async reclaim(jobId: string): Promise<void> {
    const instance = randomUUID().replaceAll('-', '').slice(0, 17);
    await this.runner.reclaim(jobId, `Host EC2 (instance i-${instance}) terminated.`);
  }

  /** Ends every job, and the server. */
  async stop(): Promise<void> {
    await Promise.all([...this.runner.list()].map(({ id }) => this.runner.terminate(id, 'The server stops')));
    await this.runner.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = /^\/v1\/(\w+)$/.exec(request.url ?? '')?.[1] ?? '';
    this.requests.set(operation, 1 + (this.requests.get(operation) ?? 0));
    if (this.weather === 'dropping') return void request.socket.destroy();
    if (this.weather !== 'fine') {
      const type = this.weather === 429 ? 'TooManyRequestsException' : 'ServerException';
      return refuse(response, this.weather, type, 'The weather is bad');
    }
    try {
      const reply = await this.perform(operation, await readJson(request));
      const lost = operation === 'submitjob' && this.chance.uniform() < (this.options.lostAnswers ?? 0);
      if (lost) {
        this.answersLost++;
        request.socket.destroy();
      } else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    } catch (error) {
      refuse(response, 400, 'ClientException', (error as Error).message);
    }
  }

  private async perform(operation: string, body: unknown): Promise<object> {
    if (operation === 'submitjob') return this.submit(body);
    if (operation === 'describejobs') return this.describe(body);
    if (operation === 'listjobs') return this.list(body);
    if (operation === 'terminatejob' || operation === 'canceljob') return this.end(operation, body);
    throw new FastpathError('batch.operation', `Unknown operation ${operation}`);
  }

  private async submit(body: unknown): Promise<object> {
    const job = submitJobSchema.parse(body);
    const { jobQueue, jobDefinition, leastTimeoutSeconds = 60 } = this.options;
    if (job.jobQueue !== jobQueue) throw new Error(`JobQueue ${job.jobQueue} not found`);
    if (job.jobDefinition !== jobDefinition) throw new Error(`JobDefinition ${job.jobDefinition} not found`);
    const timeout = job.timeout?.attemptDurationSeconds;
    if (timeout !== undefined && timeout < leastTimeoutSeconds) {
      throw new Error(`Job attempt timeout must be at least ${leastTimeoutSeconds} seconds`);
    }
    const request = requestOf(job);
    const { id } = await this.runner.submit(request);
    // Before the first process can have ended.
    this.strategies.set(id, job.retryStrategy.evaluateOnExit);
    this.environments.set(id, request.environment);
    return { jobArn: `arn:aws:batch:us-east-1:123456789012:job/${id}`, jobId: id, jobName: job.jobName };
  }

  private describe(body: unknown): object {
    const { jobs } = describeJobsSchema.parse(body);
    const found = jobs.map((id) => this.runner.describe(id)).filter((job) => job !== null);
    const environmentOf = ({ id }: JobDescription) =>
      Object.entries(this.environments.get(id.split(':')[0]!) ?? {}).map(([name, value]) => ({ name, value }));
    return {
      jobs: found.map((job) => {
        const detail = detailOf(job, this.options);
        return { ...detail, container: { ...detail.container, environment: environmentOf(job) } };
      }),
    };
  }

  private list(body: unknown): object {
    const {
      arrayJobId,
      jobStatus = 'RUNNING',
      filters,
      maxResults = 1000,
      nextToken = '0',
    } = listJobsSchema.parse(body);
    const filter = filters?.[0];
    const wanted = (job: JobDescription) => {
      if (job.parent !== arrayJobId) return false;
      if (filter === undefined) return job.status.toUpperCase() === jobStatus;
      const [value] = filter.values as [string];
      if (filter.name === 'AFTER_CREATED_AT') return job.createdAt.getTime() > Number(value);
      const [name, pattern] = [job.name.toLowerCase(), value.toLowerCase()];
      return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    };
    const matching = [...this.runner.list()].filter(wanted).reverse();
    const from = Number(nextToken);
    const to = from + Math.min(maxResults, filter === undefined ? 1000 : 100);
    return {
      jobSummaryList: matching.slice(from, to).map((job) => summaryOf(job, this.options)),
      ...(to < matching.length ? { nextToken: String(to) } : {}),
    };
  }

  private async end(operation: 'terminatejob' | 'canceljob', body: unknown): Promise<object> {
    const { jobId, reason } = endJobSchema.parse(body);
    const status = this.runner.describe(jobId)?.status;
    const goesOn = operation === 'canceljob' && (status === 'starting' || status === 'running');
    if (!goesOn) await this.runner.terminate(jobId, reason);
    return {};
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ message }));
}

function eventOf({ job, at }: JobEvent, names: Names) {
  const detail = detailOf(job, names);
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    account: '123456789012',
    time: `${at.toISOString().slice(0, 19)}Z`,
    region: 'us-east-1',
    resources: [detail.jobArn],
    detail,
  };
}
