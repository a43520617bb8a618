import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishedSearchSchedule } from '../../shared/contract/job-spec.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { defaultSearchSchedule, defaultTrainingSchedule } from '../service/search-spec/schedules.ts';
import { specFile } from '../service/search-spec/spec-file.ts';
import type { SearchFlags } from './search-flags.ts';
import { searchSpec } from './search-spec.ts';

const hardware = builtInHardware()[0]!.id;
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const somePath = pathToArchitecture(
  plan,
  plan.blocks.map(() => 2),
);
const budgetMs = new FittedLatencyModel(findLatencyModel(hardware)).predict(somePath).latencyUs / 1e3;
let folder: string;
let flags: SearchFlags;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-spec-'));
  await mkdir(join(folder, 'data/train'), { recursive: true });
  flags = {
    data: join(folder, 'data'),
    hardware: [hardware],
    budgetMs: [budgetMs],
    space: 'tiny',
    width: 1,
    seed: 0,
    method: 'gradient',
    latencyLoss: 'target',
  };
});
afterEach(() => rm(folder, { recursive: true }));

test('flags become a spec; what is not said is chosen by the size of the images', async () => {
  const spec = await searchSpec({ ...flags, exclude: ['zero', 'k7', 'zero'], maxPeakMb: 0.5, maxParams: 90_000 });
  expect(spec).toMatchObject({
    data: { uri: join(folder, 'data') },
    space: findSpace('tiny'),
    resolution: 32,
    constraints: [{ model: { hardware: { id: hardware } }, budgetMs }],
    exclude: ['k7', 'zero'],
    maxPeakActivationBytes: 500_000,
    maxParameters: 90_000,
    maxMacs: null,
    training: null,
    schedule: { batchSize: 64, warmupEpochs: 10, searchEpochs: 30, weightStepsPerArchitectureStep: 5 },
  });
  expect((await searchSpec({ ...flags, train: true })).training).toMatchObject({ epochs: 40, batchSize: 64 });
  const said = await searchSpec({
    ...flags,
    epochs: 3,
    warmupEpochs: 0,
    batch: 8,
    logitLearningRate: 0.1,
    train: true,
    trainEpochs: 2,
  });
  expect(said.schedule).toMatchObject({ batchSize: 8, warmupEpochs: 0, searchEpochs: 3, logitLearningRate: 0.1 });
  expect(said.training).toMatchObject({ batchSize: 8, epochs: 2 });
});

test('images of ImageNet’s size get the published schedule, small ones a shorter one', () => {
  expect(defaultSearchSchedule('mobile-inverted-residual', 224)).toEqual(publishedSearchSchedule);
  expect(defaultSearchSchedule('cifar', 32)).toMatchObject({ batchSize: 128, warmupEpochs: 10, searchEpochs: 30 });
  expect(defaultTrainingSchedule(undefined, 224)).toMatchObject({ epochs: 300, batchSize: 256, learningRate: 0.05 });
  expect(defaultTrainingSchedule(undefined, 64)).toMatchObject({ epochs: 60, batchSize: 128 });
});

test('the same job has the same id, from any folder and in any order of flags; another job has another', async () => {
  const id = async (changes: Partial<SearchFlags>) => specFile(await searchSpec({ ...flags, ...changes })).id;
  const before = await id({ exclude: ['k7', 'e6'] });
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  expect(await id({ exclude: ['e6', 'k7', 'k7'] })).toBe(before);
  expect(await id({ exclude: ['k7', 'e6'], data: `${join(folder, 'data')}/../data/` })).toBe(before);
  expect(await id({ exclude: ['k7', 'e6'], seed: 1 })).not.toBe(before);
  expect(await id({ exclude: ['k7'] })).not.toBe(before);
});

test('a space may be a JSON file; what is wrong in it is named with the file, the stage and the field', async () => {
  const file = join(folder, 'space.json');
  const space = { ...findSpace('tiny'), name: 'mine' };
  await writeFile(file, JSON.stringify(space));
  expect((await searchSpec({ ...flags, space: file })).space.name).toBe('mine');
  await writeFile(file, JSON.stringify({ ...space, stages: [{ width: 16, depth: 0, stride: 2 }] }));
  await expect(searchSpec({ ...flags, space: file })).rejects.toThrow(`${file}: search space: stage 1: depth`);
  await writeFile(file, '{ "format": ');
  await expect(searchSpec({ ...flags, space: file })).rejects.toThrow(`${file} is not JSON`);
  await expect(searchSpec({ ...flags, space: './nowhere.json' })).rejects.toThrow('there is no file ./nowhere.json');
});

test.each<[string, Partial<SearchFlags>, RegExp]>([
  ['unknown hardware', { hardware: ['toaster'] }, /no latency is known for hardware toaster: use one of .*\w/],
  [
    'unknown space',
    { space: 'huge' },
    /there is no search space huge: use one of mobile-inverted-residual, cifar, tiny/,
  ],
  [
    'budget too low',
    { budgetMs: [0.001] },
    /budget 0.001 ms is below the fastest possible path on .* take .* ms to .* ms/,
  ],
  ['budget too high', { budgetMs: [50_000] }, /budget 50000 ms is above the slowest possible path/],
  ['resolution', { resolution: 33 }, /resolution 33 is not a multiple of the total stride 8: use 32 or 40/],
  ['unknown op', { exclude: ['k9'] }, /space tiny has no k9 to exclude; it has .*k7.*zero/],
  ['all excluded', { exclude: ['k3', 'k5', 'k7'] }, /stage 1 block 1 has no candidate left/],
  ['memory', { maxPeakMb: 0.001 }, /1000 allowed: allow more, or lower the resolution/],
  ['parameters', { maxParams: 10 }, /at most 10 parameters is below the smallest possible path/],
  ['one budget for two devices', { hardware: ['a', 'b'] }, /2 --hardware and 1 --budget-ms: give one budget for each/],
  ['a device twice', { hardware: ['a', 'a'], budgetMs: [1, 2] }, /--hardware a is given twice/],
  ['epochs of no training', { trainEpochs: 3 }, /--train-epochs .* give --train too/],
  ['no data', { data: './no-such-folder' }, /there is no folder .*no-such-folder: give a folder with train\/CLASS/],
  ['a bucket without a name', { data: 's3://' }, /names no bucket/],
  ['another protocol', { data: 'https://example.org/x' }, /cannot be "https:\/\/example.org\/x"/],
])('%s is refused in one line that says what to do', async (_, changes, line) => {
  const error = await searchSpec({ ...flags, ...changes }).then(
    () => null,
    (reason: Error) => reason,
  );
  expect(error?.name).toBe('FastpathError');
  expect(error?.message).toMatch(line);
  expect(error?.message).not.toContain('\n');
});

test('an empty data folder, and a file in its place', async () => {
  await mkdir(join(folder, 'empty'));
  await expect(searchSpec({ ...flags, data: join(folder, 'empty') })).rejects.toThrow(/empty is empty: give a folder/);
  await writeFile(join(folder, 'file'), '');
  await expect(searchSpec({ ...flags, data: join(folder, 'file') })).rejects.toThrow(/is a file, not a folder/);
});

test('data in S3 is taken by its name', async () => {
  expect((await searchSpec({ ...flags, data: 's3://bucket/images/' })).data.uri).toBe('s3://bucket/images');
});
