/**
 * @file A device measures itself through the running service and takes orders; the command line on the same home knows
 * what the service knows, and the other way round.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { shippedId, shippedSpace, shortPlanTimings } from '../../functions/service/hardware/shipped-timings.ts';
import { dataSetSchema } from '../../shared/contract/api/data-sets.ts';
import { type HardwareDetail, hardwareDetailSchema } from '../../shared/contract/api/hardware.ts';
import { latencyAnswerSchema } from '../../shared/contract/api/latency.ts';
import { createdSessionSchema, swappedSchema } from '../../shared/contract/api/measurement-sessions.ts';
import { addedMeasurementsSchema } from '../../shared/contract/api/measurements.ts';
import { estimateSchema } from '../../shared/contract/api/orders.ts';
import { findLatencyTable } from '../../shared/latency/built-in.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { measuredArchitecture } from '../../shared/latency/measured-network.ts';
import { Command } from '../integration/command.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let root: string;
let served: Service;
let command: Command;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-serve-hardware-'));
  await writeTinyImages(join(root, 'data/tiny'));
  served = await Service.start(root, { flags: ['--data-root', join(root, 'data')] });
  command = new Command(root);
});
afterAll(async () => {
  await served.killed();
  await removeRoot(root);
});

async function ask(path: string, json?: unknown, bearer: string | null = served.key): Promise<unknown> {
  const response = await fetch(`${served.url}/v1${path}`, {
    ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    headers: { 'content-type': 'application/json', ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) },
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return JSON.parse(text);
}

async function modelled(id: string, bearer = served.key): Promise<HardwareDetail> {
  for (;;) {
    const response = await fetch(`${served.url}/v1/hardware/${id}`, { headers: { authorization: `Bearer ${bearer}` } });
    const detail = response.ok ? hardwareDetailSchema.parse(await response.json()) : null;
    if (detail !== null && detail.modelVersion !== null && detail.waiting === 0) return detail;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('a phone with a code becomes hardware that predicts and takes orders', async () => {
  const session = createdSessionSchema.parse(await ask('/measurement-sessions', {}));
  const phone = { id: 'phone', name: 'A phone', device: 'Phone 1', runtime: 'test 1' };
  const swapped = swappedSchema.parse(
    await ask('/measurement-sessions/swap', { code: session.code, hardware: phone }, null),
  );
  const { token } = swapped;
  // In two pieces, one of them twice, as after a lost answer.
  const all = shortPlanTimings();
  for (const measurements of [all.slice(0, 12), all.slice(0, 12), all]) {
    addedMeasurementsSchema.parse(await ask('/hardware/phone/measurements', { measurements }, token));
  }
  const { blocks, networks, modelVersion } = await modelled('phone', token);
  expect([blocks, networks]).toEqual([12, 10]);

  const architectures = (findLatencyTable(shippedId).networks ?? [])
    .filter((network) => 'path' in network && network.space === shippedSpace.space && network.drawn === 'uniform')
    .slice(0, 20)
    .map(measuredArchitecture);
  const answer = latencyAnswerSchema.parse(await ask('/latency', { architectures, hardware: ['phone'] }));
  const shipped = new FittedLatencyModel(findLatencyModel(shippedId));
  for (const [i, { latencyMs }] of answer.predictions.entries()) {
    expect(Math.abs((1e3 * latencyMs) / shipped.predict(architectures[i]!).latencyUs - 1)).toBeLessThan(0.15);
  }

  const made = dataSetSchema
    .passthrough()
    .parse(await ask('/datasets', { name: 'tiny', source: { type: 'directory', path: 'tiny' } }));
  let { state } = made;
  while (state === 'verifying') ({ state } = dataSetSchema.parse(await ask(`/datasets/${made.id}`)));
  const budgetMs = answer.predictions[0]!.latencyMs;
  const order = { dataSetId: made.id, space: shippedSpace.space, targets: [{ hardware: 'phone', budgetMs }] };
  expect(estimateSchema.parse(await ask('/orders/estimate', order)).searches).toBe(1);

  const listed = JSON.parse((await command.run('hardware', '--json')).out);
  expect(listed).toContainEqual(expect.objectContaining({ ...phone, scope: 'own' }));
  await writeFile(join(root, 'network.json'), JSON.stringify(architectures[0]));
  const [predicted] = JSON.parse(
    (await command.run('predict', '--json', '--hardware', 'phone', join(root, 'network.json'))).out,
  );
  expect(predicted.latencyMs).toBeCloseTo(budgetMs, 5);
  expect(modelVersion).toMatch(/^[0-9a-f]{16}$/);
});

test('what the command line imports is the service’s at once, and the other way round', async () => {
  await writeFile(join(root, 'timings.csv'), 'signature,latency_ms\ncall,0.01\nhead-i320-o1280-r7,0.51\n');
  await command.run('import', join(root, 'timings.csv'), '--hardware', 'board', '--device', 'Board 3');
  expect(await modelled('board')).toMatchObject({ scope: 'own', device: 'Board 3', blocks: 1 });
  const measurements = [{ item: 'later', signature: 'classifier-i1280-c1000', latencyMs: 0.4 }];
  addedMeasurementsSchema.parse(await ask('/hardware/board/measurements', { measurements }));
  expect(await modelled('board')).toMatchObject({ blocks: 2 });
  await writeFile(join(root, 'timings.csv'), 'signature,latency_ms\nhead-i320-o1280-r7,0.61\n');
  const imported = JSON.parse(
    (await command.run('import', join(root, 'timings.csv'), '--hardware', 'board', '--json')).out,
  );
  expect(imported).toMatchObject({ added: true, knownParts: 2 });

  const deleted = await fetch(`${served.url}/v1/hardware/board`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${served.key}` },
  });
  expect(deleted.status).toBe(204);
  expect((await command.run('hardware')).out).not.toContain('board');
});
