/** @file `POST /v1/job-credentials`, for workers alone. */
import { Hono } from 'hono';
import { jobCredentialsRequestSchema } from '../../shared/contract/job-credentials.ts';
import { FastpathError } from '../../shared/errors.ts';
import { BodyText, readStream } from '../predict/body.ts';
import { jsonOnly, parseJson } from '../predict/json-request.ts';
import { type ProblemKinds, predictProblems, problemResponse } from '../predict/problem.ts';
import { type SwapDeps, swapToken } from './swap.ts';

const bodyBytes = 2_000;
const unavailable = { status: 503, title: 'Temporarily unavailable', headers: { 'retry-after': '5' } };

const problems: ProblemKinds = {
  ...predictProblems,
  'credentials.token': { status: 401, title: 'Who is asking?', headers: { 'www-authenticate': 'Bearer' } },
  'credentials.not-running': { status: 403, title: 'The attempt does not run' },
  'credentials.spec': { status: 409, title: 'The job is not right' },
  'credentials.foreign': { status: 403, title: 'Not its own' },
  'credentials.unavailable': unavailable,
  'store.unavailable': unavailable,
};

export function credentialsApp(deps: SwapDeps): Hono {
  const app = new Hono();
  app.post('/v1/job-credentials', (c) =>
    answered(async () => {
      const token = /^Bearer +([\w-]{20,200})$/i.exec(c.req.header('authorization') ?? '')?.[1];
      if (token === undefined) {
        throw new FastpathError('credentials.token', 'the header Authorization has to be "Bearer" and the job’s token');
      }
      const body = parseJson(await readStream(jsonOnly(c.req.raw), new BodyText(bodyBytes), c.env));
      const request = jobCredentialsRequestSchema.safeParse(body);
      if (!request.success) throw new FastpathError('request.invalid', 'the body has to name jobId and attempt');
      return Response.json(await swapToken(deps, request.data, token), { headers: { 'cache-control': 'no-store' } });
    }),
  );
  app.all('*', () =>
    answered(() => {
      throw new FastpathError('request.no-such-path', 'there is nothing here: use POST /v1/job-credentials');
    }),
  );
  return app;
}

async function answered(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    return problemResponse(error, crypto.randomUUID(), problems);
  }
}
