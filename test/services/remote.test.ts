/** @file The command line at a service: everything as processes, over one real `fastpath serve`. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Fastpath } from '../../functions/client/index.ts';
import { createdKeySchema } from '../../shared/contract/api/keys.ts';
import { progressRecordSchema } from '../../shared/contract/progress.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { Command, type Running } from '../integration/command.ts';
import { heavy, loadedModules, processorMs } from '../integration/light.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyArchitecture, writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const hardware = builtInHardware()[0]!.id;
const noId = '00000000000000000000000000';
const order = ['search', '--api', '--hardware', hardware, '--budget-ms', '0.08', '--space', 'tiny', '--batch', '16'];
const short = [...order, '--epochs', '20', '--warmup-epochs', '1'];
const long = [...order, '--epochs', '1000', '--warmup-epochs', '1'];
let root: string;
let service: Service;
let command: Command;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-remote-'));
  await writeTinyImages(join(root, 'data/tiny'));
  await writeTinyArchitecture(join(root, 'architecture.json'));
  service = await Service.start(root, { flags: ['--data-root', join(root, 'data')] });
  command = at(service.url, service.key);
  await json('datasets', 'register', 'tiny', '--directory', 'tiny');
});
afterAll(async () => {
  service.kill();
  await removeRoot(root);
});

function at(url: string, key: string): Command {
  return new Command(root, { FASTPATH_API_URL: url, FASTPATH_API_KEY: key });
}

/** What a command says with --json, which has to end well. */
async function json(...args: string[]) {
  const { code, out, err } = await command.run(...args, '--json');
  expect(code, err).toBe(0);
  return JSON.parse(out);
}

async function says(running: Running, what: RegExp): Promise<void> {
  while (!what.test(running.err()) && running.process.exitCode === null) {
    await Promise.race([once(running.process.stderr!, 'data'), running.ended]);
  }
  expect(running.err()).toMatch(what);
}

const linesOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('keys are made, listed and revoked; the key alone is on stdout', async () => {
  const made = await command.run('keys', 'create', '--name', 'ci', '--scope', 'search', '--scope', 'predict');
  expect(made.out).toMatch(/^fp_\w+\n$/);
  await writeFile(join(root, 'key'), made.out);
  const [id] = /key_\w+/.exec(made.err)!;
  const other = new Command(root, { FASTPATH_API_KEY: '' });
  const listed = await other.run('datasets', 'list', '--api', service.url, '--key-file', 'key');
  expect(listed.out).toMatch(/^ds_\w+ +tiny +directory +verified +10 +460 /m);
  await command.run('keys', 'revoke', id!);
  await other.expectRefusal(['datasets', 'list', '--api', service.url, '--key-file', 'key'], /^error: .*key.*$/);
  expect((await command.run('keys', 'list')).out).toMatch(new RegExp(`^${id} +ci .* revoked `, 'm'));
  createdKeySchema.parse(await json('keys', 'create', '--name', 'x', '--scope', 'predict'));
});

test('a folder is uploaded, verified and deleted', async () => {
  const uploaded = await json('datasets', 'upload', 'data/tiny', '--name', 'mine');
  expect(uploaded).toMatchObject({ name: 'mine', source: 'upload', state: 'verified', images: 460 });
  expect(await json('datasets', 'show', uploaded.id)).toEqual(uploaded);
  expect((await command.run('datasets', 'delete', uploaded.id)).code).toBe(0);
  await command.expectRefusal(['datasets', 'show', uploaded.id], /^error: there is no data set ds_.*$/);
});

test('predictions are those that are made here', async () => {
  const files = ['--blocks', '--json', '--hardware', hardware, 'architecture.json'];
  const [there] = await json('predict', '--api', '--blocks', '--hardware', hardware, 'architecture.json');
  const [here] = JSON.parse((await command.run('predict', ...files)).out);
  expect(Object.keys(there)).toEqual(Object.keys(here));
  expect(there).toMatchObject({ file: 'architecture.json', architecture: here.architecture, hardware, flags: [] });
  for (const name of ['latencyMs', 'lowMs', 'highMs', 'overheadMs']) expect(there[name]).toBeCloseTo(here[name], 5);
  expect(there.blocks.map((block: { name: string }) => block.name)).toEqual(
    here.blocks.map((b: { name: string }) => b.name),
  );
});

test('a search is ordered, shown and fetched; the same again from its order, and what it took', async () => {
  const { code, out, err } = await command.run(...short, '--data', 'tiny', '--out', 'found', '--json');
  expect(code, err).toBe(0);
  const [ordered, ...lines] = linesOf(out);
  expect(ordered).toMatchObject({ type: 'order', estimate: { searches: 1, costUsd: 0 } });
  const result = lines.pop();
  for (const line of lines) progressRecordSchema.parse(line);
  expect(lines.at(-1)).toMatchObject({ type: 'done' });
  expect(result).toMatchObject({
    type: 'result',
    search: ordered.search,
    order: ordered.id,
    metrics: 'found/metrics.json',
  });
  for (const name of ['architecture', 'weights', 'pareto'])
    expect(existsSync(join(root, result[name])), name).toBe(true);

  const { architectureId, evaluation } = metricsSchema.parse(
    JSON.parse(readFileSync(join(root, result.metrics), 'utf8')),
  );
  const compared = await json('compare', '--api', '--hardware', hardware, architectureId, 'found', 'architecture.json');
  expect(compared.networks.slice(0, 3)).toMatchObject([
    { name: architectureId, accuracy: { top1: evaluation.top1 } },
    { name: 'found', architectureId, accuracy: { top1: evaluation.top1 } },
    { name: 'architecture.json', accuracy: null },
  ]);
  expect(compared.networks[1].latency[0].latencyMs).toBe(compared.networks[0].latency[0].latencyMs);

  const again = await command.run('orders', 'follow', ordered.id, '--out', 'found');
  expect(again.out, again.err).toMatch(/^architecture [0-9a-f]{16}\n.* top-1/);
  expect(again.err).toMatch(/step \d+\/\d+, epoch/);
  await command.expectRefusal(
    [...short, '--data', 'tiny', '--out', 'found'],
    /^error: found holds the results of another/,
  );
  expect((await command.run('orders', 'show', ordered.id)).out).toMatch(/^srch_\w+ +succeeded +0\.0800 ms on /m);
  const usage = await json('usage');
  const mine = usage.searches.find(({ searchId }: { searchId: string }) => searchId === ordered.search);
  expect(mine.computeSeconds).toBeGreaterThan(0);
  const csv = await command.run('usage', '--csv');
  expect(csv.out).toContain(ordered.search);
  expect((await command.run('orders', 'delete', ordered.id)).code).toBe(0);
  await command.expectRefusal(['orders', 'download', ordered.id], /^error: the searches of ord_\w+ were deleted/);
});

test('the first Ctrl-C leaves the search to go on and says how to find it; a second one cancels it', async () => {
  const running = command.start(...long, '--data', 'tiny');
  await says(running, /step \d+\/\d+/);
  running.process.kill('SIGINT');
  await says(running, /Ctrl-C again within 5 s cancels it/);
  running.process.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(running.err()).toMatch(/^cancelled; what it took until then is charged: \d+ s of compute, 0\.00 USD$/m);

  const left = command.start(...long, '--data', 'tiny');
  await says(left, /^order ord_\w+$/m);
  const [id] = /ord_\w+/.exec(left.err())!;
  await says(left, /waits in the queue|step \d+\/\d+/);
  left.process.kill('SIGTERM');
  expect((await left.ended).code).toBe(130);
  expect(left.err()).toContain(`fastpath orders follow ${id} shows it again, fastpath orders cancel ${id} ends it`);
  expect((await json('orders', 'show', id!)).searches[0].state).not.toBe('cancelled');
  const [search] = (await json('orders', 'cancel', id!)).cancelled;
  await command.expectRefusal(['orders', 'follow', id!], new RegExp(`^error: search ${search} is cancelled`));
  expect((await command.run('orders', 'cancel', id!)).out).toBe('all of its searches have ended already\n');
});

test('a server that comes back is followed on; one that stays away gets one line', async () => {
  const running = command.start(...short, '--data', 'tiny', '--json');
  while (!running.out().includes('"step"')) await once(running.process.stdout!, 'data');
  const { port } = service;
  await service.killed();
  service = await Service.start(root, { port, flags: ['--data-root', join(root, 'data')] });
  const { code, out, err } = await running.ended;
  expect(code, err).toBe(0);
  const steps = linesOf(out).flatMap(({ type, step }) => (type === 'step' ? [step] : []));
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));

  const lost = command.start(...long, '--data', 'tiny');
  await says(lost, /step \d+\/\d+/);
  const [id] = /ord_\w+/.exec(lost.err())!;
  await service.killed();
  expect((await lost.ended).code).toBe(1);
  expect(lost.err().trimEnd().split('\n').at(-1)).toMatch(
    /^error: cannot reach http:\S+: nothing listens there; .*; search srch_\w+ itself goes on$/,
  );
  service = await Service.start(root, { port, flags: ['--data-root', join(root, 'data')] });
  expect((await command.run('orders', 'cancel', id!)).code).toBe(0);
});

test('of several searches, one that found nothing does not keep the others back', async () => {
  const fastpath = new Fastpath(service);
  const { id: dataSetId } = (await json('datasets', 'list')).find(({ name }: { name: string }) => name === 'tiny');
  const targets = [0.08, 0.09].map((budgetMs) => ({ hardware, budgetMs }));
  const schedule = { batchSize: 16, warmupEpochs: 1, searchEpochs: 20 };
  const { id, searches } = await fastpath.orders.place({ dataSetId, space: 'tiny', targets, schedule, maxCostUsd: 1 });
  await fastpath.searches.cancel(searches[0]!.id);
  const { code, err } = await command.run('orders', 'follow', id, '--out', 'several');
  expect(code, err).toBe(1);
  expect(err).toMatch(new RegExp(`^error: search ${searches[0]!.id} is cancelled`, 'm'));
  expect(existsSync(join(root, 'several', searches[1]!.id, 'metrics.json'))).toBe(true);
});

test.each<[string[]]>([
  [['orders', 'list']],
  [['keys', 'list']],
  [['datasets', 'list']],
  [['usage']],
  [['predict', '--api', '--hardware', hardware, 'architecture.json']],
])('%j loads nothing that trains, decodes or talks to a cloud, and answers in under half a second', async (args) => {
  const setting = { cwd: root, env: { FASTPATH_API_URL: service.url, FASTPATH_API_KEY: service.key } };
  const modules = await loadedModules(args, setting);
  expect(modules.some((url) => url.includes('/hono/'))).toBe(true);
  expect(modules.filter((url) => heavy.test(url) || url.includes('/drizzle-orm/'))).toEqual([]);
  // What reads no architecture needs no schema.
  expect(modules.some((url) => url.includes('/zod/'))).toBe(args[0] === 'predict');
  expect(await processorMs(args, setting)).toBeLessThan(500);
});

describe('one line, and nothing else, where', () => {
  test.each<[string, string[], RegExp]>([
    ['the id is unknown', ['orders', 'show', `ord_${noId}`], /^error: there is no order ord_0/],
    ['the id is none', ['orders', 'show', '../keys'], /^error: there is nothing at /],
    ['the id is empty', ['datasets', 'delete', ''], /^error: "" is no id$/],
    [
      'there is no such data set',
      [...short, '--data', 'cats'],
      /^error: there is no data set named cats: fastpath datasets/,
    ],
    ['the hardware is unknown', [...short, '--data', 'tiny', '--hardware', 'toaster', '--budget-ms', '1'], /toaster/],
    [
      'the budget is out of reach',
      ['search', '--api', '--data', 'tiny', '--hardware', hardware, '--budget-ms', '0.001', '--space', 'tiny'],
      /^error: .*budget/,
    ],
    [
      'it cannot be verified from here',
      [...short, '--data', 'tiny', '--verify'],
      /^error: --verify times on this machine/,
    ],
    [
      'its cache is there',
      [...short, '--data', 'tiny', '--cache', 'x'],
      /^error: --cache is for searches on this machine/,
    ],
    ['budgets do not match', [...short, '--data', 'tiny', '--hardware', 'x'], /^error: 2 --hardware and 1 --budget-ms/],
    [
      'a cost limit has no service',
      ['search', '--data', 'data/tiny', '--hardware', hardware, '--budget-ms', '1', '--max-cost', '1'],
      /^error: --max-cost is for searches that are ordered/,
    ],
    ['the folder is missing', ['datasets', 'upload', 'nowhere'], /^error: there is no file nowhere$/],
    ['images lie nowhere', ['datasets', 'register', 'x'], /^error: where are the images\?/],
    ['the directory is outside', ['datasets', 'register', 'x', '--directory', '../home'], /^error: .*home/],
    [
      'the scope is none',
      ['keys', 'create', '--name', 'x', '--scope', 'root'],
      /^error: option '--scope <name>' argument 'root' is invalid\. Allowed choices are predict, search, admin\.$/,
    ],
    ['the month is none', ['usage', '--month', '2026-13'], /^error: .*month/],
    [
      'the address is none',
      ['orders', 'list', '--api', 'example.com'],
      /^error: example\.com is no address of a service/,
    ],
    [
      'nothing listens',
      ['orders', 'list', '--api', 'http://127.0.0.1:9'],
      /^error: cannot reach http:\/\/127\.0\.0\.1:9: /,
    ],
    [
      'there is no such host',
      ['orders', 'list', '--api', 'http://fastpath.invalid'],
      /^error: cannot reach http:\/\/fastpath\.invalid: /,
    ],
    ['the key file is missing', ['orders', 'list', '--key-file', 'nokey'], /^error: there is no file nokey$/],
  ])('%s', async (_, args, line) => {
    await command.expectRefusal(args, line);
  });

  test('key or address is not given', async () => {
    const none = new Command(root, { FASTPATH_API_KEY: '', FASTPATH_API_URL: '' });
    await none.expectRefusal(['usage'], /^error: which service\? give --api URL, or set FASTPATH_API_URL$/);
    await none.expectRefusal(
      ['usage', '--api', service.url],
      /^error: no API key: set FASTPATH_API_KEY, or give --key-file/,
    );
  });

  test('the key is wrong, or has another scope', async () => {
    await at(service.url, 'fp_nobody').expectRefusal(['usage'], /^error: .*key/);
    await at(service.url, 'fp_nobody').expectRefusal(
      ['compare', '--api', '--hardware', hardware, 'architecture.json'],
      /^error: .*key/,
    );
    await at(service.url, 'no key').expectRefusal(['usage'], /^error: the API key has to be one word/);
    const { secret } = await json('keys', 'create', '--name', 'reader', '--scope', 'predict');
    await at(service.url, secret).expectRefusal(['orders', 'list'], /^error: .*scope.*search/);
  });

  test.each<[string, RequestListener, RegExp]>([
    [
      'a web page answers',
      (_, answer) => answer.setHeader('content-type', 'text/html').end('<h1>Hello</h1>'),
      /is no Fastpath API \(it answered 200, text\/html\): check the address$/,
    ],
    [
      'something else refuses',
      (_, answer) => answer.writeHead(404).end('nothing'),
      /is no Fastpath API \(it answered 404/,
    ],
    [
      'a gateway is down',
      (_, answer) => answer.writeHead(503, { 'retry-after': '300' }).end(),
      /is not available now \(503\): try again later$/,
    ],
    [
      'the answer breaks off',
      (_, answer) => {
        answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' }).write('{');
        setTimeout(() => answer.destroy(), 50);
      },
      /cannot reach .*: .*$/,
    ],
  ])('%s', async (_, listener, line) => {
    const server: Server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await at(`http://127.0.0.1:${port}`, 'fp_x').expectRefusal(
      ['orders', 'list'],
      new RegExp(`^error: .*${line.source}`),
    );
    server.close();
  });
});
