/** @file What the service does with what it is given: who may ask, what is metered, what fails inside. */

import { describe, expect, it, vi } from 'vitest';
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import { FastpathError } from '../../shared/errors.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { predictApp } from './app.ts';
import { readStream } from './body.ts';
import { onnxAnswer } from './onnx-answer.ts';
import type { Authorize, Caller, ModelSource, Use } from './ports.ts';
import { publicModels } from './public-models.ts';

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const architecture = pathToArchitecture(
  plan,
  plan.blocks.map(() => 0),
);
const shipped = publicModels(builtInModels);
const { hardware } = builtInModels[0]!;

/** Keys `Bearer NAME` of the tenants there are. */
const byKey: Authorize = (request) => {
  const key = request.headers.get('authorization');
  if (key === null) throw new FastpathError('auth.unauthenticated', 'send an API key: Authorization: Bearer fp_…');
  if (key === 'Bearer revoked') throw new FastpathError('auth.forbidden', 'this key was revoked: make another');
  return { tenant: key.slice('Bearer '.length) };
};

/** The first device under another id, seen by one tenant alone. */
const ofTenant: ModelSource = {
  list: () => [],
  find: async (id, { tenant }: Caller) => {
    const served = await shipped.find(hardware.id, { tenant });
    return id === 'own' && tenant === 'a' ? { model: served!.model, audience: 'tenant' } : null;
  },
};

function serviceOf(models: ModelSource = shipped) {
  const uses: Use[] = [];
  const app = predictApp({
    models,
    authorize: byKey,
    meter: (use) => uses.push(use),
    readBody: readStream,
    onnx: onnxAnswer,
  });
  const ask = (key: string | null, ids: string[]) =>
    app.request('/v1/latency', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ architectures: [architecture, architecture], hardware: ids }),
    });
  return { app, ask, uses };
}

describe('the prediction service', () => {
  it('asks who is there before it reads anything', async () => {
    const { app, ask, uses } = serviceOf();
    const nobody = await ask(null, [hardware.id]);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
    expect(await nobody.json()).toMatchObject({ code: 'auth.unauthenticated', detail: expect.stringMatching(/^send/) });
    expect((await ask('revoked', [hardware.id])).status).toBe(403);
    expect((await app.request('/v1/hardware')).status).toBe(401);
    expect((await app.request(`/v1/hardware/${hardware.id}/model`)).status).toBe(401);
    expect(uses).toEqual([]);
  });

  it('meters what was answered, and only that', async () => {
    const { ask, uses } = serviceOf();
    expect((await ask('a', ['toaster'])).status).toBe(404);
    const answer = await ask('a', [hardware.id, hardware.id, hardware.id]);
    expect(uses).toEqual([{ tenant: 'a', requestId: answer.headers.get('x-request-id'), predictions: 6 }]);
  });

  it('shows a tenant’s own hardware to nobody else, caches included', async () => {
    const { app, ask } = serviceOf(ofTenant);
    expect((await ask('a', ['own'])).status).toBe(200);
    expect((await ask('b', ['own'])).status).toBe(404);
    const model = await app.request('/v1/hardware/own/model', { headers: { authorization: 'Bearer a' } });
    expect(model.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('takes no ONNX model that is larger than models without weights are', async () => {
    const { app, uses } = serviceOf();
    const headers = { 'content-type': 'application/octet-stream', authorization: 'Bearer a' };
    const body = new Uint8Array(latencyLimits.bodyBytes + 1);
    const refused = await app.request(`/v1/latency?hardware=${hardware.id}`, { method: 'POST', headers, body });
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ detail: expect.stringMatching(/send the model without its weights/) });
    expect(uses).toEqual([]);
  });

  it('keeps what went wrong inside to itself', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { ask, uses } = serviceOf({
      list: () => [],
      find: () => {
        throw new Error('the password is 1234');
      },
    });
    const response = await ask('a', ['x']);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain('1234');
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', requestId: expect.any(String) });
    // The operator needs what the caller must not see.
    expect(log).toHaveBeenCalledWith(
      JSON.parse(text).requestId,
      expect.objectContaining({ message: 'the password is 1234' }),
    );
    expect(uses).toEqual([]);
    log.mockRestore();
  });
});
