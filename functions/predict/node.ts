/**
 * @file The prediction service as a process: `node node.js`, on the port in PORT (8080), all interfaces unless HOST
 * names one.
 */
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { predictServer } from './node-server.ts';
import { anyone, publicModels, unmetered } from './public-models.ts';

const server = predictServer({ models: publicModels(builtInModels), authorize: anyone, meter: unmetered });
const port = Number(process.env.PORT ?? 8080);
server.listen(port, process.env.HOST, () => console.log(`predictions at http://localhost:${port}/v1/latency`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.close());
