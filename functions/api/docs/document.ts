/** @file The OpenAPI 3.1 document, made from the routes and their schemas. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from '../context.ts';

const description = `
Fastpath designs convolutional networks for a given device: give it labelled images and a latency budget, and it returns
the most accurate network within that budget. Beside that it predicts, in microseconds, how long any such network takes on
any known device.

**A first search.** \`POST /v1/datasets\` registers your images, \`POST /v1/orders/estimate\` says what a search would take
and cost, \`POST /v1/orders\` starts it, \`GET /v1/searches/{id}/events\` follows it, and \`GET /v1/architectures/{id}\` is
the network, with weights and pictures under \`files\`.

**Your own device.** \`POST /v1/hardware\` makes it known, \`GET /v1/measuring-plan\` says what to time on it, and
\`POST /v1/hardware/{id}/measurements\` takes the times; seconds later its latency model answers predictions and orders. A
phone needs no key for that: \`POST /v1/measurement-sessions\` gives a code for it.

**Keys.** Every request but \`/healthz\`, \`/docs\` and \`/openapi.json\` needs \`Authorization: Bearer fp_…\`. What belongs
to another tenant answers 404, as if it were not there. A revoked key stops working at once; for predictions, on other
instances, within 60 seconds.

**Errors** are problem details (RFC 9457) with a stable \`code\`, one line that says what to do, and the request's id.

**Sending again.** Every POST that creates something takes an \`Idempotency-Key\` header. The same key with the same body
gets the same answer for 24 hours and creates nothing twice; with another body it is refused (422), and while the first
request is still being answered, too (409).

**Rates** are kept per key and per instance of the service; \`RateLimit-Limit\`, \`-Remaining\` and \`-Reset\` (seconds) tell
how much is left.

**Units** are in the names: \`latencyMs\`, \`maxCostUsd\`, \`computeSeconds\`. Times are UTC.
`.trim();

export function openApiDocument(app: OpenAPIHono<ApiEnv>, version: string) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fastpath',
      version,
      description,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    tags: [
      { name: 'Latency', description: 'How long networks take on known devices.' },
      { name: 'Hardware', description: 'Devices that latency is known for, with the models behind predictions.' },
      { name: 'Measuring', description: 'Timings of your own devices, from which their latency models are made.' },
      { name: 'Search spaces', description: 'What a search may choose from.' },
      { name: 'Data sets', description: 'Registered images.' },
      { name: 'Orders', description: 'Searches are bought by order: estimate first, then place.' },
      { name: 'Searches', description: 'State, progress and attempts of each search.' },
      { name: 'Architectures', description: 'The networks found, with weights, exports and pictures; comparisons.' },
      { name: 'Usage and credit', description: 'What was used, what it cost and what is left.' },
      { name: 'Keys', description: 'API keys of your tenant.' },
      { name: 'Tenants', description: 'Customers of this service.' },
      { name: 'Webhooks', description: "Be told of each search's end." },
      { name: 'Service', description: 'Health.' },
    ],
  });
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, `fp_…`.' },
        session: { type: 'http', scheme: 'bearer', description: 'The token of a measurement session, `fpm_…`.' },
      },
    },
  };
}

export type ApiDocument = ReturnType<typeof openApiDocument>;
