/** @file `fastpath measure --api` and `import --api`: timings from here become hardware at a real `fastpath serve`. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Fastpath } from '../../functions/client/index.ts';
import { builtInHardware, findLatencyTable } from '../../shared/latency/built-in.ts';
import { Command } from '../integration/command.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyArchitecture } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const shipped = builtInHardware()[0]!.id;
let root: string;
let service: Service;
let fastpath: Fastpath;
let command: Command;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-remote-hardware-'));
  await mkdir(join(root, 'there'));
  service = await Service.start(join(root, 'there'));
  fastpath = new Fastpath(service);
  command = withKey(service.key);
  await writeFile(join(root, 'board.csv'), ['signature,latency_us', 'call,100', ...rows(10)].join('\n'));
  await writeFile(join(root, 'paths.csv'), ['space,path,classes,latency_ms', ...paths()].join('\n'));
  await writeTinyArchitecture(join(root, 'architecture.json'));
});
afterAll(async () => {
  service.kill();
  await removeRoot(root);
});

function withKey(key: string): Command {
  return new Command(root, { FASTPATH_API_URL: service.url, FASTPATH_API_KEY: key });
}

/** Every part of `tiny`, so much slower than the shipped hardware. */
function rows(factor: number): string[] {
  const { entries } = findLatencyTable(shipped);
  return Object.entries(entries).map(([signature, { latencyUs }]) => `${signature},${factor * latencyUs}`);
}

function paths(): string[] {
  return ['00000000', '11111111', '22222222', '33333333', '44444444', '01234501'].map(
    (path) => `tiny@32,${path},10,1.0`,
  );
}

async function json(...args: string[]) {
  const { code, out, err } = await command.run(...args, '--json');
  expect(code, err).toBe(0);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!);
}

test('a file becomes hardware there and not here; again it adds nothing, another one adds its rows', async () => {
  const board = ['import', 'board.csv', '--api', '--hardware', 'my-board'];
  const first = await json(...board, '--device', 'Board 3', '--runtime', 'r 1.0', '--threads', '4');
  expect(first).toMatchObject({ added: false, format: 'csv', service: { modelState: 'ready', known: 0 } });
  expect(first.service.added).toBe(first.parts + 1);
  expect(first.coverage).toContainEqual({ space: 'tiny', resolution: 32, parts: expect.any(Number), missing: [] });
  expect((await json('hardware')).map(({ id }: { id: string }) => id)).not.toContain('my-board');

  const again = await json(...board);
  expect(again).toMatchObject({ added: true, hardware: { device: 'Board 3', threads: 4 } });
  expect(again.service).toMatchObject({ added: 0, known: first.parts + 1, modelVersion: first.service.modelVersion });

  const { out, err } = await command.run('import', 'paths.csv', '--api', '--hardware', 'my-board');
  expect(out, err).toMatch(/^added to my-board at the service, which now has \d+ parts, 6 whole networks$/m);
  const [prediction] = await json('predict', '--api', '--hardware', 'my-board', 'architecture.json');
  expect(prediction).toMatchObject({ hardware: 'my-board', flags: [] });
});

test('a measurement whose service goes away is kept, and the same command uploads it', async () => {
  const args = ['measure', '--api', '--space', 'tiny', '--rounds', '12', '--hardware', 'this-machine', '--json'];
  const running = command.start(...args);
  await vi.waitFor(() => expect(running.out()).toContain('"progress"'), { timeout: 60_000, interval: 20 });
  const { port } = service;
  await service.killed();
  const { code, err } = await running.ended;
  expect(code).toBe(1);
  expect(err).toMatch(/^error: cannot reach /m);

  service = await Service.start(join(root, 'there'), { port });
  const resumed = await command.run(...args);
  expect(resumed.code, resumed.err).toBe(0);
  const [, done, all] = /going on after (\d+) of (\d+) visits/.exec(resumed.err)!;
  expect(done).toBe(all);
  const result = JSON.parse(resumed.out.trimEnd().split('\n').at(-1)!);
  expect(result.service).toMatchObject({ id: 'this-machine', modelState: 'ready', networks: 10, scope: 'own' });
  const sent = [];
  for await (const measurement of fastpath.hardware.measurements('this-machine')) sent.push(measurement);
  expect(sent).toHaveLength(result.parts + result.networks + 1);
  expect(sent.some(({ driftFraction }) => driftFraction === result.drift.largestFraction)).toBe(true);
});

test('one line, before anything is timed, where it cannot be kept there', async () => {
  const measure = ['measure', '--api', '--space', 'tiny', '--hardware'];
  await command.expectRefusal([...measure, shipped], /^error: hardware \S+ is public .*: choose another id$/);
  await fastpath.hardware.create({ id: 'a-phone', device: 'Phone', runtime: 'TFLite' });
  await command.expectRefusal(
    [...measure, 'a-phone'],
    /^error: hardware a-phone has device Phone at the service, not .*: choose another id$/,
  );
  const { secret } = await fastpath.keys.create({ name: 'reader', scopes: ['predict'] });
  await withKey(secret).expectRefusal([...measure, 'mine'], /^error: .*scope search/);
  await withKey('fp_nobody').expectRefusal([...measure, 'mine'], /^error: .*key/);
  await command.expectRefusal(
    ['import', 'board.csv', '--api', '--hardware', shipped],
    /^error: hardware \S+ is public .*: choose another id$/,
  );
  await writeFile(join(root, 'bad.csv'), 'signature,latency_us\ncall,fast\n');
  await command.expectRefusal(['import', 'bad.csv', '--api', '--hardware', 'bad'], /^error: bad\.csv: line 2: /);
  await expect(fastpath.hardware.get('bad')).rejects.toMatchObject({ code: 'hardware.unknown' });
});
