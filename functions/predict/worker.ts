/** @file The prediction service for workerd (Cloudflare Workers and the like): a module with a fetch handler. */
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { predictApp } from './app.ts';
import { readStream } from './body.ts';
import { anyone, publicModels, unmetered } from './public-models.ts';

const app = predictApp({
  models: publicModels(builtInModels),
  authorize: anyone,
  meter: unmetered,
  readText: readStream,
});

export default { fetch: app.fetch };
