/** @file What a worker is told by its environment. */
import { z } from 'zod';
import type { JobSession } from '../../shared/contract/job-credentials.ts';
import { FastpathError } from '../../shared/errors.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fromOne = z.coerce.number().int().positive();

/** What concerns the machine, not the job. */
const machineVariables = {
  FASTPATH_BACKEND: z.enum(['tensorflow', 'wasm', 'cpu']).optional(),
  /** a folder for files that can be made again; left out: nothing is written to a disk */
  FASTPATH_CACHE: z.string().min(1).optional(),
};

const environmentSchema = z
  .object({
    FASTPATH_STORE: z.string().min(1),
    /** one search: its key prefix, and what its spec must hash to */
    FASTPATH_SEARCH: z.string().min(1).optional(),
    FASTPATH_SPEC_SHA256: sha256.optional(),
    /** an array of searches: key and hash of a job list, and which of it is ours */
    FASTPATH_JOB_LIST: z.string().min(1).optional(),
    FASTPATH_JOB_LIST_SHA256: sha256.optional(),
    AWS_BATCH_JOB_ARRAY_INDEX: z.coerce.number().int().min(0).optional(),
    /** where no queue counts them */
    FASTPATH_ATTEMPT: fromOne.optional(),
    /** set by the queue, which then counts attempts itself */
    AWS_BATCH_JOB_ID: z.string().min(1).optional(),
    AWS_BATCH_JOB_ATTEMPT: fromOne.optional(),
    /** all attempts together; left out: as long as it takes */
    FASTPATH_COMPUTE_SECONDS: z.coerce.number().positive().optional(),
    /** `1`: whoever computes must do it on a GPU */
    FASTPATH_REQUIRE_GPU: z.enum(['0', '1']).default('0'),
    FASTPATH_CHECKPOINT_MS: z.coerce.number().min(0).default(20_000),
    /** where checkpoints lie, under the same keys, when not in the store: they change too often to keep old versions of */
    FASTPATH_CHECKPOINTS: z.string().min(1).optional(),
    /** in the cloud: who gives credentials of this search alone, for which token */
    FASTPATH_CREDENTIALS_URL: z.url().optional(),
    FASTPATH_CREDENTIALS_TOKEN: z.string().min(1).optional(),
    ...machineVariables,
  })
  .transform((given, context) => {
    const search = searchOf(given);
    const attempt = given.AWS_BATCH_JOB_ATTEMPT ?? given.FASTPATH_ATTEMPT;
    if (search === null) context.addIssue('it names neither a search nor a job list and an index, with their SHA-256');
    if (attempt === undefined) context.addIssue('FASTPATH_ATTEMPT says no attempt number');
    if (search === null || attempt === undefined) return z.NEVER;
    const session = sessionOf(given, attempt);
    if (session === undefined) context.addIssue('credentials need FASTPATH_CREDENTIALS_TOKEN and the queue’s job id');
    if (session === undefined) return z.NEVER;
    return {
      store: given.FASTPATH_STORE,
      checkpoints: given.FASTPATH_CHECKPOINTS ?? given.FASTPATH_STORE,
      /** null: what the machine itself may open */
      session,
      search,
      attempt,
      /** the queue's; null where no queue started the worker */
      jobId: given.AWS_BATCH_JOB_ID ?? null,
      computeSeconds: given.FASTPATH_COMPUTE_SECONDS ?? null,
      backend: given.FASTPATH_BACKEND,
      needsGpu: given.FASTPATH_REQUIRE_GPU === '1',
      checkpointEveryMs: given.FASTPATH_CHECKPOINT_MS,
      cacheDirectory: given.FASTPATH_CACHE ?? null,
    };
  });

export type Environment = z.infer<typeof environmentSchema>;

interface SearchVariables {
  FASTPATH_SEARCH?: string | undefined;
  FASTPATH_SPEC_SHA256?: string | undefined;
  FASTPATH_JOB_LIST?: string | undefined;
  FASTPATH_JOB_LIST_SHA256?: string | undefined;
  AWS_BATCH_JOB_ARRAY_INDEX?: number | undefined;
}

function searchOf(given: SearchVariables) {
  const { FASTPATH_SEARCH: prefix, FASTPATH_SPEC_SHA256: specSha256 } = given;
  if (prefix !== undefined && specSha256 !== undefined) return { kind: 'one' as const, prefix, specSha256 };
  const { FASTPATH_JOB_LIST: key, FASTPATH_JOB_LIST_SHA256: listSha256, AWS_BATCH_JOB_ARRAY_INDEX: index } = given;
  if (key === undefined || listSha256 === undefined || index === undefined) return null;
  return { kind: 'listed' as const, key, sha256: listSha256, index };
}

interface SessionVariables {
  FASTPATH_CREDENTIALS_URL?: string | undefined;
  FASTPATH_CREDENTIALS_TOKEN?: string | undefined;
  AWS_BATCH_JOB_ID?: string | undefined;
}

/** Undefined where a part is missing. */
function sessionOf(given: SessionVariables, attempt: number): JobSession | null | undefined {
  const { FASTPATH_CREDENTIALS_URL: url, FASTPATH_CREDENTIALS_TOKEN: token, AWS_BATCH_JOB_ID: jobId } = given;
  if (url === undefined) return null;
  return token === undefined || jobId === undefined ? undefined : { url, token, jobId, attempt };
}

/** @throws FastpathError `worker.environment` */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  return read(environmentSchema, variables);
}

/** What a process that runs no job has to know. @throws FastpathError `worker.environment` */
export function readMachine(variables: NodeJS.ProcessEnv): Pick<Environment, 'backend' | 'cacheDirectory'> {
  const { FASTPATH_BACKEND: backend, FASTPATH_CACHE: cacheDirectory } = read(z.object(machineVariables), variables);
  return { backend, cacheDirectory: cacheDirectory ?? null };
}

function read<T>(schema: z.ZodType<T>, variables: NodeJS.ProcessEnv): T {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue!.path.length > 0 ? `${issue!.path.join('.')}: ` : '';
  throw new FastpathError('worker.environment', `the worker's environment is not right: ${where}${issue!.message}`);
}
