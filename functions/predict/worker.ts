/**
 * @file The prediction service for workerd (Cloudflare Workers and the like): a module with a fetch handler. Told of an
 * object store it serves public and tenants' own models from there to those who have a key; told of none, the models that
 * ship to everyone.
 */

import { FastpathError } from '../../shared/errors.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { predictApp } from './app.ts';
import { readStream } from './body.ts';
import { edgeObjects } from './edge-objects.ts';
import { logLine } from './log-line.ts';
import { authorizeByMirror } from './mirrored-keys.ts';
import { onnxAnswer } from './onnx-answer.ts';
import type { PredictOptions } from './ports.ts';
import { problemResponse } from './problem.ts';
import { anyone, publicModels, unmetered } from './public-models.ts';
import { storedModels } from './stored-models.ts';

/** Settings and secrets of wrangler.jsonc: all of them or none. */
const names = [
  'FASTPATH_STORE_URL',
  'FASTPATH_STORE_REGION',
  'FASTPATH_STORE_KEY_ID',
  'FASTPATH_STORE_SECRET',
] as const;

type Environment = Readonly<Partial<Record<(typeof names)[number], string>>>;

/** A new model counts here after that; each look-up costs a request to the store. */
const keepModelsMs = 15_000;
/** An instance has 128 MB, and a model takes about half of one. */
const mostModels = 50;

function optionsOf(environment: Environment): Omit<PredictOptions, 'readBody' | 'onnx'> {
  const shipped = publicModels(builtInModels);
  const [url, region, accessKeyId, secretAccessKey] = names.map((name) => environment[name] || undefined);
  if (url === undefined && region === undefined && accessKeyId === undefined && secretAccessKey === undefined) {
    return { models: shipped, authorize: anyone, meter: unmetered };
  }
  if (url === undefined || region === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    const absent = names.filter((name) => !environment[name]).join(', ');
    throw new FastpathError('edge.environment', `${absent} missing: see functions/predict/wrangler.jsonc`);
  }
  const objects = edgeObjects({ url: url.replace(/\/+$/, ''), region, accessKeyId, secretAccessKey });
  return {
    models: storedModels(shipped, objects, { keepMs: keepModelsMs, mostModels, nowMs: Date.now }),
    authorize: authorizeByMirror(objects.read, Date.now),
    meter: logLine,
  };
}

let app: ReturnType<typeof predictApp> | undefined;

export default {
  async fetch(request: Request, environment: Environment, context: { waitUntil(work: Promise<unknown>): void }) {
    try {
      app ??= predictApp({ ...optionsOf(environment), readBody: readStream, onnx: onnxAnswer });
    } catch (error) {
      return problemResponse(error, crypto.randomUUID());
    }
    const answer = Promise.resolve(app.fetch(request));
    // Others may wait for the same look-up: it goes on, though who asked first has gone.
    context.waitUntil(answer);
    return answer;
  },
};
