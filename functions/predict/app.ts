/** @file The prediction service: how long networks take on known hardware, over HTTP. Web-standard APIs only. */
import { type Context, Hono } from 'hono';
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import { problemLine } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { latencyAnswer } from './answer.ts';
import { namesTag } from './entity-tag.ts';
import { jsonOnly, parseJson } from './json-request.ts';
import { nearest } from './nearest.ts';
import type { Caller, ModelSource, PredictOptions, ServedModel } from './ports.ts';
import { ProblemError, problemResponse } from './problem.ts';
import { latencyRequest } from './validate.ts';

/** `POST /v1/latency`, `GET /v1/hardware`, `GET /v1/hardware/{id}/model`. */
export function predictApp({ models, authorize, meter, readText, problem = problemResponse }: PredictOptions): Hono {
  const app = new Hono();
  /** What `answer` gives, or the problem it threw. */
  const answered = async (answer: (requestId: string) => Promise<Response>): Promise<Response> => {
    const requestId = crypto.randomUUID();
    try {
      return await answer(requestId);
    } catch (error) {
      return problem(error, requestId);
    }
  };

  app.post('/v1/latency', (c) =>
    answered(async (requestId) => {
      const caller = await authorize(c.req.raw);
      checkQuery(c);
      const text = await readText(jsonOnly(c.req.raw), latencyLimits.bodyBytes, c.env);
      const request = latencyRequest(parseJson(text));
      const served = await Promise.all(request.hardware.map((id) => findModel(models, id, caller)));
      const json = latencyAnswer(
        request,
        served.map(({ model }) => model),
      );
      meter({ tenant: caller.tenant, requestId, predictions: request.architectures.length * served.length });
      return jsonResponse(json, { 'cache-control': 'no-store', 'x-request-id': requestId });
    }),
  );

  app.get('/v1/hardware', (c) =>
    answered(async (requestId) => {
      const caller = await authorize(c.req.raw);
      checkQuery(c);
      const listed = await models.list(caller);
      const hardware = listed.map(({ hardware: own, ...rest }) => ({ ...own, ...rest }));
      return jsonResponse(JSON.stringify({ hardware }), { 'cache-control': 'no-cache', 'x-request-id': requestId });
    }),
  );

  app.get('/v1/hardware/:id/model', (c) =>
    answered(async (requestId) => {
      const caller = await authorize(c.req.raw);
      checkQuery(c, 'version');
      const served = await findModel(models, c.req.param('id'), caller);
      return modelResponse(c, served, requestId);
    }),
  );

  const allowed = { '/v1/latency': 'POST', '/v1/hardware': 'GET, HEAD', '/v1/hardware/:id/model': 'GET, HEAD' };
  for (const [path, methods] of Object.entries(allowed)) {
    app.all(path, (c) =>
      answered(() => {
        const message = `${c.req.method} is not possible on ${c.req.path}: use ${methods.replace(', ', ' or ')}`;
        throw new ProblemError('request.method', message, {}, { allow: methods });
      }),
    );
  }
  app.notFound((c) =>
    answered(() => {
      throw new FastpathError(
        'request.no-such-path',
        `there is nothing at ${c.req.path}: use POST /v1/latency, GET /v1/hardware or GET /v1/hardware/{id}/model`,
      );
    }),
  );
  return app;
}

/** A field that is misspelt is not to pass for one that counts. */
function checkQuery(c: Context, ...known: string[]): void {
  for (const name of new URL(c.req.url).searchParams.keys()) {
    if (known.includes(name)) continue;
    throw new FastpathError('request.invalid', problemLine('query', [name], 'is not a known field'));
  }
}

function jsonResponse(json: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Response {
  return new Response(json, { headers: { 'content-type': 'application/json', ...headers } });
}

/**
 * The model as it is stored. Under its version's address it can be kept forever; without a version it has to be asked
 * for again, which costs no transfer while nothing changed.
 */
function modelResponse(c: Context, { model, audience }: ServedModel, requestId: string): Response {
  const { version, hardware } = model.data;
  const asked = c.req.query('version');
  if (asked !== undefined && asked !== version) {
    throw new ProblemError(
      'latency.unknown-version',
      `the model of ${hardware.id} has version ${version} now: leave out ?version= to get it`,
      { version },
    );
  }
  const scope = audience === 'public' ? 'public' : 'private';
  const etag = `"${version}"`;
  const headers = {
    etag,
    'cache-control': asked === undefined ? `${scope}, no-cache` : `${scope}, max-age=31536000, immutable`,
    'content-location': `/v1/hardware/${hardware.id}/model?version=${version}`,
    'x-request-id': requestId,
  };
  const held = c.req.header('if-none-match');
  if (held !== undefined && namesTag(held, etag)) return new Response(null, { status: 304, headers });
  return jsonResponse(JSON.stringify(model.data), headers);
}

async function findModel(models: ModelSource, id: string, caller: Caller): Promise<ServedModel> {
  const served = await models.find(id, caller);
  if (served !== null) return served;
  const known = (await models.list(caller)).map(({ hardware }) => hardware.id);
  const near = nearest(id, known);
  const hint = near.length === 0 ? '' : `did you mean ${near.join(' or ')}? `;
  throw new ProblemError(
    'latency.unknown-hardware',
    `no latency is known for hardware "${id}": ${hint}GET /v1/hardware lists all there are`,
    { hardware: id, nearest: near },
  );
}
