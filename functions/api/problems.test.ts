import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemSchema } from '../../shared/contract/api/common.ts';
import { FastpathError } from '../../shared/errors.ts';
import { type ProblemKinds, predictProblems } from '../predict/problem.ts';
import { apiProblem, apiProblems } from './problems.ts';

/** Written like codes in those sources, and never an answer to a request. */
const noAnswers = [
  /^(weights|train-0000|g5|job)\./, // names of files and machines
  /^(result\.invalid|worker\.died|cost\.limit|search\.(withdrawn|succeeded|failed|cancelled|stopped))$/, // of searches
  /^(price\.unknown|store\.links)$/, // how the server was started
  // Of arguments that only our own code makes: that they come up is our fault, and so 500.
  /^(store\.(key|range|precondition)|path\.invalid|picture\.not-finite|latency\.bad-signature|space\.classes|queue\.(invalid|directory))$/,
];

/** Every code in the files that the entry points reach. */
async function codesBehind(...entryPoints: string[]): Promise<string[]> {
  const { metafile } = await build({
    ...{ entryPoints, bundle: true, write: false, metafile: true, format: 'esm', platform: 'node' },
    ...{ packages: 'external', outdir: 'unwritten', loader: { '.json': 'empty' } },
  });
  const files = Object.keys(metafile.inputs).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const codes = sources.flatMap((source) => source.match(/(?<=')[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*(?=')/g) ?? []);
  return [...new Set(codes)].sort();
}

const unknown = (codes: string[], kinds: ProblemKinds) =>
  codes.filter((code) => kinds[code] === undefined && !noAnswers.some((pattern) => pattern.test(code)));

describe('every code that can reach HTTP has a status', () => {
  it('of the API with its stores, queues and databases', async () => {
    const adapters = ['store/s3', 'store/directory', 'queue/batch-queue', 'queue/process-queue', 'db/pglite-client'];
    const codes = await codesBehind('functions/api/app.ts', ...adapters.map((name) => `shared/${name}.ts`));
    expect(codes).toEqual(expect.arrayContaining(['search.missing', 'store.locked', 'queue.unavailable']));
    expect(unknown(codes, apiProblems)).toEqual([]);
  });

  it('of the prediction service at the edge, with keys from the store', async () => {
    const codes = await codesBehind(
      'functions/predict/app.ts',
      'functions/predict/mirrored-keys.ts',
      'shared/store/s3.ts',
    );
    expect(codes).toContain('latency.unknown-hardware');
    // It reads whole objects, and nothing else.
    expect(unknown(codes, predictProblems)).toEqual(['link.invalid', 'link.size', 'store.missing']);
  });
});

describe('the answer to', () => {
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());
  const answer = async (error: unknown) => {
    const response = apiProblem(error, 'r1');
    return { ...problemSchema.parse(await response.json()), retryAfter: response.headers.get('retry-after') };
  };

  it('a part that is away is 503 with Retry-After, and says nothing of where it is', async () => {
    const away = [
      new FastpathError('store.locked', 'The lock /home/me/lock stays taken', { retry: true }),
      new FastpathError('queue.refused', 'arn:aws:batch:secret'),
      new FastpathError('something.new', 'at /home/me', { retry: true }),
      Object.assign(new Error('EACCES: /home/me'), { code: 'EACCES', syscall: 'open' }),
      new Error('Failed query: select secret', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) }),
    ];
    const answers = await Promise.all(away.map(answer));
    expect(answers.map(({ code }) => code)).toEqual([
      ...['store.locked', 'queue.refused', 'something.new', 'store.unavailable', 'database.unavailable'],
    ]);
    for (const { status, retryAfter, detail } of answers) {
      expect([status, retryAfter]).toEqual([503, '5']);
      expect(detail).toMatch(/^the (object store|job queue|database|service) does not answer: try again in 5 seconds$/);
    }
  });

  it("a name that leads nowhere is the client's, though it is a network's error", async () => {
    const cause = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    expect(await answer(new FastpathError('webhook.unresolved', 'x', { retry: true, cause }))).toMatchObject({
      status: 422,
    });
  });

  it('anything else is 500 and tells nothing', async () => {
    const { status, detail } = await answer(new TypeError('secret'));
    expect([status, detail.includes('secret')]).toEqual([500, false]);
  });
});
