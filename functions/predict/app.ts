/** @file The prediction service: how long networks take on known hardware, over HTTP. Web-standard APIs only. */
import { type Context, Hono } from 'hono';
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import { parseOnnxQuery } from '../../shared/contract/onnx-query.ts';
import { problemLine } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { latencyAnswer } from './answer.ts';
import { BodyBytes, BodyText } from './body.ts';
import { namesTag } from './entity-tag.ts';
import { findModel } from './find-model.ts';
import { holdsOnnx, jsonOnly, parseJson } from './json-request.ts';
import type { Caller, PredictOptions, ServedModel } from './ports.ts';
import { ProblemError, problemResponse } from './problem.ts';
import { latencyRequest } from './validate.ts';

/** `POST /v1/latency`, `GET /v1/hardware`, `GET /v1/hardware/{id}/model`. */
const withoutWeights = 'send the model without its weights, as the fastpath client does';

export function predictApp({
  models,
  authorize,
  meter,
  readBody,
  onnx,
  problem = problemResponse,
}: PredictOptions): Hono {
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

  const modelsOf = async (ids: readonly string[], caller: Caller) => {
    const served = await Promise.all(ids.map((id) => findModel(models, id, caller)));
    return served.map(({ model }) => model);
  };
  const ofArchitectures = async (c: Context, caller: Caller) => {
    checkQuery(c);
    const text = await readBody(jsonOnly(c.req.raw), new BodyText(latencyLimits.bodyBytes), c.env);
    const request = latencyRequest(parseJson(text));
    const json = latencyAnswer(request, await modelsOf(request.hardware, caller));
    return { json, predictions: request.architectures.length * request.hardware.length };
  };
  const ofOnnx = async (c: Context, caller: Caller, answer: NonNullable<typeof onnx>) => {
    const bytes = await readBody(c.req.raw, new BodyBytes(latencyLimits.bodyBytes, withoutWeights), c.env);
    const query = parseOnnxQuery(new URL(c.req.url).searchParams);
    const json = answer(bytes, query, await modelsOf(query.hardware, caller));
    return { json, predictions: query.hardware.length };
  };

  app.post('/v1/latency', (c) =>
    answered(async (requestId) => {
      const caller = await authorize(c.req.raw);
      const { json, predictions } = await (onnx && holdsOnnx(c.req.raw)
        ? ofOnnx(c, caller, onnx)
        : ofArchitectures(c, caller));
      meter({ tenant: caller.tenant, requestId, predictions });
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
