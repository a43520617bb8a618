/** @file `fastpath dataset pack` and `check` as people run them: killed, run again, and given what is wrong. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Random } from '../../shared/random.ts';
import { Command } from '../integration/command.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const classes = ['Ärger', '猫', 'b c'];
let root: string;
let command: Command;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-dataset-'));
  command = new Command(root);
  const random = Random.named(1, 'dataset');
  for (let i = 0; i < 300; i++) {
    const folder = join(root, 'images', i % 10 === 0 ? 'val' : 'train', classes[i % 3]!);
    await mkdir(folder, { recursive: true });
    const noise = Uint8Array.from({ length: 48 * 48 * 3 }, () => random.below(256));
    const image = sharp(noise, { raw: { width: 48, height: 48, channels: 3 } }).jpeg();
    // The same base names in each class.
    await writeFile(join(folder, `${Math.floor(i / 3)}.JPEG`), await image.toBuffer());
  }
  await mkdir(join(root, 'images', 'train', 'nothing'));
  await writeFile(join(root, 'images', 'train', 'b c', 'broken.jpg'), 'no image');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const pack = (target: string, ...more: string[]) => [
  'dataset',
  'pack',
  'images',
  target,
  '--shard-mb',
  '0.06',
  ...more,
];

async function contentOf(folder: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.includes('.fastpath-work')) continue;
    const path = join(entry.parentPath, entry.name);
    content[path.slice(join(root, folder).length)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return content;
}

describe('dataset pack and check', () => {
  test('pack says what it packed and left out, check finds nothing wrong', async () => {
    const { code, out } = await command.run(...pack('packed'));
    expect(code).toBe(0);
    const { 0: first, 1: second, ...rest } = out.trimEnd().split('\n');
    expect(first).toBe(`${join(root, 'packed')}: 270 training and 30 held-out images of 3 classes`);
    expect(second).toMatch(/^ {2}\d+ shards, [\d.]+ MB, \d+ of them written now$/);
    expect(Object.values(rest)).toEqual([
      '  left out because they cannot be decoded: 1',
      '    train/b c/broken.jpg (it is neither JPEG, PNG, WebP nor GIF)',
      '  no classes because they hold no image: nothing',
    ]);
    const checked = await command.run('dataset', 'check', 'packed', '--all');
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(checked.out).toMatch(/: 300 images in \d+ shards, [\d.]+ MB; 300 images decoded; faults: 0\n$/);
  });

  test('pack killed again and again ends with the same bytes, and leaves nothing besides', async () => {
    await command.run(...pack('whole'));
    const expected = await contentOf('whole');
    const random = Random.named(2, 'kills');
    let kills = 0;
    for (let done = false; !done; ) {
      const running = command.start(...pack('killed', '--json'));
      // From before its first write to after its last, later each time so that it ends.
      await Promise.race([sleep(random.uniform() * (300 + 150 * kills)), running.ended]);
      running.process.kill('SIGKILL');
      done = (await running.ended).code === 0;
      if (!done) kills++;
    }
    expect(kills).toBeGreaterThan(0);
    expect(await contentOf('killed')).toEqual(expected);
    const again = JSON.parse((await command.run(...pack('killed', '--json'))).out.trimEnd().split('\n').at(-1)!);
    expect(again).toMatchObject({ type: 'result', classes: 3, train: 270, val: 30, shardsWritten: 0 });
    expect(again.leftOut).toEqual([{ name: 'train/b c/broken.jpg', reason: expect.any(String) }]);
    expect(again.emptyClasses).toEqual(['nothing']);
  });

  test('pack stopped by Ctrl-C says so, leaves nothing half written, and goes on', async () => {
    const running = command.start(...pack('stopped'));
    const begun = () => existsSync(join(root, 'stopped', 'packing.json'));
    while (!begun() && running.process.exitCode === null) await sleep(2);
    running.process.kill('SIGINT');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([130, 'stopped: the same command goes on\n']);
    expect(await readdir(join(root, 'stopped', '.fastpath-work'))).toEqual([]);
    expect(await command.run(...pack('stopped'))).toMatchObject({ code: 0 });
  });

  test('check ends with 1 and a line for each fault, as JSON too', async () => {
    await command.run(...pack('spoilt'));
    await truncate(join(root, 'spoilt', 'train-000000.tar'), 700);
    const { code, out } = await command.run('dataset', 'check', 'spoilt');
    expect(code).toBe(1);
    expect(out).toMatch(
      /^fault: train-000000\.tar is truncated: 700 of \d+ bytes\n.*spoilt: 300 images in .*; faults: 1\n$/,
    );
    const json = await command.run('dataset', 'check', 'spoilt', '--json');
    const lines = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual(['fault', 'result']);
    expect(lines.at(-1)).toMatchObject({ faults: 1, images: 300 });
  });
});

describe('what is wrong gets one line', () => {
  test.each<[string, string[], RegExp]>([
    ['no source', ['pack', 'nowhere', 'new'], /^error: There is no data folder .*nowhere: check the path/],
    ['a source without bucket', ['pack', 's3://', 'new'], /^error: s3:\/\/ is neither a directory nor s3:\/\/bucket/],
    [
      'source and target the same',
      ['pack', 'images', 'images/'],
      /^error: .*images is the source, too: choose another/,
    ],
    [
      'a target that is a file',
      ['pack', 'images', 'images/train/b c/broken.jpg'],
      /^error: The disk refuses .*broken\.jpg \(.*\): see to it, then run the same command again/,
    ],
    ['a target with other things', ['pack', 'images', '.'], /^error: .* is not empty \(.+\): choose another target/],
    ['shards of no size', ['pack', 'images', 'new', '--shard-mb', '0'], /^error: .*must be a number over 0/],
    ['nothing packed', ['check', 'images'], /^error: .*images has no index\.json to check its shards against/],
    ['nothing at all', ['check', 'nowhere'], /^error: There is no data folder .*nowhere/],
  ])('%s', (_what, args, line) => command.expectRefusal(['dataset', ...args], line));

  test('half a packing is no data set', async () => {
    await mkdir(join(root, 'half'), { recursive: true });
    await writeFile(join(root, 'half', 'packing.json'), JSON.stringify({ format: 'fastpath.packing/1', packing: 'x' }));
    for (const args of [
      ['dataset', 'check', 'half'],
      ['dataset', 'pack', 'half', 'new'],
    ])
      await command.expectRefusal(
        args,
        /^error: .*half is not packed to its end: run the same `fastpath dataset pack`/,
      );
    await command.expectRefusal(pack('half'), /^error: .*half holds a packing of other images, or with another seed/);
  });
});
