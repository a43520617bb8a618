/** @file `fastpath import` as built: files in, and the other commands know the hardware; nothing of a bad file. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtInHardware, findLatencyTable } from '../../shared/latency/built-in.ts';
import { partsOf } from '../../shared/latency/part.ts';
import { signatureOf } from '../../shared/latency/signature.ts';
import { writeNetwork } from '../../shared/onnx/write-network.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { Command } from './command.ts';

const shipped = builtInHardware()[0]!.id;
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const architecture = pathToArchitecture(plan, [0, 1, 2, 3, 4, 5, 0, 1]);

let command: Command;
beforeAll(async () => {
  command = new Command(await mkdtemp(join(tmpdir(), 'fastpath-import-')));
  await write('net.json', JSON.stringify(architecture));
});
afterAll(() => rm(command.root, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(command.root, name), text);

async function json(...args: string[]) {
  const { code, out, err } = await command.run(...args, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
}

async function ids(): Promise<string[]> {
  return (await json('hardware')).map(({ id }: { id: string }) => id);
}

/** Every part of `tiny` at 32 pixels, each taking ten times what the shipped hardware takes. */
function tinyRows(): string[] {
  return Object.entries(findLatencyTable(shipped).entries)
    .filter(([signature]) =>
      /^(stem-k3-s2-o16-r32|mbconv.*-r(16|8|4)(-id)?|head-i40-o128-r4|classifier-i128-c)/.test(signature),
    )
    .map(([signature, { latencyUs }]) => `${signature},${latencyUs / 100}`);
}

describe('CSV', () => {
  test('becomes hardware that is listed, predicted on and searched for', async () => {
    await write('board.csv', ['signature,latency_ms', 'call,0.1', ...tinyRows()].join('\n'));
    const flags = ['--hardware', 'my-board', '--device', 'Board 3', '--runtime', 'r 1.0', '--threads', '4'];
    const { code, out } = await command.run('import', 'board.csv', ...flags);
    expect(code).toBe(0);
    expect(out).toMatch(/^board\.csv \(csv\): \d+ parts, 0 whole networks\nmy-board is known now\n/);
    expect(out).toMatch(/^ {2}covers tiny at 32 pixels$/m);
    const own = (await json('hardware')).find(({ id }: { id: string }) => id === 'my-board');
    expect(own).toMatchObject({ scope: 'own', device: 'Board 3', runtime: 'r 1.0', threads: 4, precision: 'fp32' });

    const [prediction] = await json('predict', '--hardware', 'my-board', '--blocks', 'net.json');
    const { entries } = findLatencyTable(shipped);
    const sumUs = partsOf(architecture).reduce(
      (sum, { part }) => sum + 10 * entries[signatureOf(part)]!.latencyUs,
      100,
    );
    expect(prediction.latencyMs).toBeCloseTo(sumUs / 1000, 6);
    expect(prediction.lowMs).toBeLessThan(0.8 * prediction.latencyMs);
    expect(prediction.flags).toEqual([expect.stringMatching(/no whole network was timed on my-board/)]);

    const search = ['search', '--data', '.', '--space', 'tiny', '--hardware', 'my-board', '--budget-ms'];
    await command.expectRefusal([...search, '0.001'], /^error: budget 0\.001 ms is below the fastest .* on my-board/);
  });

  test('rows added later count, and timings of whole networks narrow the interval', async () => {
    const paths = ['00000000', '11111111', '22222222', '33333333', '44444444', '01234501'];
    const rows = paths.map((path) => `tiny@32,${path},10,1.0`);
    await write('more.csv', ['space,path,classes,latency_ms', ...rows].join('\n'));
    const report = await json('import', 'more.csv', '--hardware', 'my-board');
    expect(report).toMatchObject({ added: true, format: 'csv', parts: 0, networks: 6, knownNetworks: 6 });
    expect(report.hardware.device).toBe('Board 3');
    const [prediction] = await json('predict', '--hardware', 'my-board', 'net.json');
    expect(prediction.flags).toEqual([]);
    await command.expectRefusal(
      ['import', 'more.csv', '--hardware', 'my-board', '--threads', '2'],
      /^error: hardware my-board has threads 4, the new rows 2: choose another id/,
    );
  });

  test('a row can name an architecture file, relative to the CSV', async () => {
    await write('networks.csv', 'architecture,latency_ms\nnet.json,2.5\n');
    expect(await json('import', 'networks.csv', '--hardware', 'other-board')).toMatchObject({ parts: 0, networks: 1 });
    await command.expectRefusal(
      ['predict', '--hardware', 'other-board', 'net.json'],
      /^error: nothing but whole networks is known of /,
    );
  });
});

test('a published block table', async () => {
  const text = `
Conv-input:224x224x3-output:112x112x32: {count: 60, mean: 4.5, var: 0.04}
expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0: {count: 3, mean: 9, var: 1}
expanded_conv-input:56x56x24-output:28x28x40-expand:96-kernel:5-stride:2-idskip:0-se:1-hs:0: {count: 3, mean: 2, std: 1}
`;
  await write('phone.yaml', text);
  const { out } = await command.run('import', 'phone.yaml', '--hardware', 'phone');
  expect(out).toBe(
    'phone.yaml (block-table): 2 parts, 0 whole networks\n' +
      '  skipped 1 row: blocks with squeeze-and-excitation\n' +
      'phone is known now\n' +
      '  2 of 70 parts of mobile-inverted-residual at 224 pixels\n',
  );
});

test('a profile of ONNX Runtime', async () => {
  const options = { enableProfiling: true, profileFilePrefix: join(command.root, 'run') } as const;
  const session = await InferenceSession.create(writeNetwork(architecture, { seed: 1 }), {
    ...options,
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const input = new Tensor('float32', new Float32Array(3 * 32 * 32), [1, 3, 32, 32]);
  for (let i = 0; i < 5; i++) await session.run({ input });
  session.endProfiling();
  await session.release();
  const profile = (await readdir(command.root)).find((name) => name.startsWith('run_'))!;
  const flags = ['--hardware', 'profiled', '--architecture', 'net.json'];
  const report = await json('import', profile, ...flags);
  expect(report).toMatchObject({ format: 'onnxruntime-profile', parts: 12, networks: 1, skipped: [] });
  const [prediction] = await json('predict', '--hardware', 'profiled', 'net.json');
  expect(prediction.latencyMs).toBeGreaterThan(0);

  const events = JSON.parse(await readFile(join(command.root, profile), 'utf8'));
  events[9].dur = -1;
  await write('bad-profile.json', JSON.stringify(events));
  await command.expectRefusal(
    ['import', 'bad-profile.json', ...flags],
    /^error: bad-profile\.json: event 10 \(.*\): its duration is -1/,
  );
});

describe('bad input', () => {
  const refusal = async (text: string | Uint8Array, line: RegExp, ...flags: string[]) => {
    const before = await ids();
    await writeFile(join(command.root, 'bad.txt'), text);
    await command.expectRefusal(['import', 'bad.txt', '--hardware', 'new-board', ...flags], line);
    expect(await ids()).toEqual(before);
  };
  const good = 'signature,latency_ms\nhead-i40-o128-r4,0.05';

  test.each([
    ['empty', '', /^error: bad\.txt: the file is empty/],
    ['header only', 'signature,latency_ms\n', /^error: bad\.txt: the file has no timing to import/],
    ['prose', 'dear reader,\nnothing here', /^error: bad\.txt: the file is none of CSV .*, a block table .*, an ONNX/],
    ['other JSON', '{"a": 1}', /^error: bad\.txt: the file is none of/],
    ['broken JSON', '[\n{"cat": "Node",\n', /^error: bad\.txt: line 3: not JSON/],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x80), /^error: bad\.txt: the file is no text/],
    ['negative', `${good}\nclassifier-i128-c10,-1`, /^error: bad\.txt: line 3: latency_ms is -1.*nothing was imported/],
    ['zero', `${good}\nclassifier-i128-c10,0`, /^error: bad\.txt: line 3: latency_ms is 0/],
    ['NaN', `${good}\nclassifier-i128-c10,NaN`, /^error: bad\.txt: line 3: latency_ms is no number: "NaN"/],
    ['missing', `${good}\nclassifier-i128-c10,`, /^error: bad\.txt: line 3: latency_ms is missing/],
    ['twice', `${good}\nhead-i40-o128-r4,0.06`, /^error: bad\.txt: line 3: head-i40-o128-r4 stands on line 2 already/],
    [
      'seconds for ms',
      'signature,latency_ms\nhead-i320-o1280-r7,0.000005',
      /faster than any known device: are they mill/,
    ],
    ['us for ms', 'signature,latency_ms\nhead-i40-o128-r4,50', /slower than any known device: are they microsec/],
    ['corrupt YAML', 'Conv_1-input:7x7x320-output:7x7x1280: {mean: -5}', /^error: bad\.txt: line 1: mean is -5/],
  ])('%s', (_, text, line) => refusal(text, line));

  test('any speed, when one insists', async () => {
    await write('fast.csv', 'signature,latency_ms\nhead-i320-o1280-r7,0.000005\n');
    expect(await json('import', 'fast.csv', '--hardware', 'future', '--any-speed')).toMatchObject({ parts: 1 });
  });

  test('files, ids and flags', async () => {
    await write('good.csv', good);
    await command.expectRefusal(['import', 'nowhere.csv', '--hardware', 'x'], /^error: there is no file nowhere\.csv/);
    await command.expectRefusal(['import', '.', '--hardware', 'x'], /^error: cannot read \. ?: EISDIR/);
    await command.expectRefusal(
      ['import', 'good.csv', '--hardware', shipped],
      /^error: hardware .* ships with Fastpath/,
    );
    await command.expectRefusal(
      ['import', 'good.csv', '--hardware', '../x'],
      /^error: hardware id "\.\.\/x": use lower/,
    );
    await command.expectRefusal(['import', 'good.csv'], /^error: required option '--hardware <id>' not specified/);
    await command.expectRefusal(
      ['predict', '--hardware', 'my-bord', 'net.json'],
      /^error: no latency is known for hardware my-bord: use one of my-board, /,
    );
  });

  test('a home that cannot be written to', async () => {
    await write('file', '');
    const elsewhere = new Command(command.root, { FASTPATH_HOME: join(command.root, 'file') });
    await elsewhere.expectRefusal(
      ['import', 'good.csv', '--hardware', 'x'],
      /^error: cannot write to .*set FASTPATH_HOME/,
    );
  });
});
