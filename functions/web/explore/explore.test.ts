import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { Form } from '../form.ts';
import { openWeb, type WebSetting } from '../test-setting.ts';
import { designFrom, designOf } from './design.ts';

let setting: WebSetting;

beforeAll(async () => {
  setting = await openWeb();
});

afterAll(() => setting.close());

test('an edited block changes what every device is predicted to take, as the models have it', async () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  for (const first of [0, 5]) {
    const path = plan.blocks.map((_, i) => (i === 0 ? first : 0));
    const architecture = pathToArchitecture(plan, path);
    const { text } = await setting.visit(`/app/explore?space=tiny&classes=10&b0=${first}`);
    const [, table] = /<tbody id="table-devices">(.*?)<\/tbody>/.exec(text)!;
    for (const data of builtInModels) {
      const { latencyUs } = new FittedLatencyModel(data).predict(architecture);
      const shown = new RegExp(`<td>${data.hardware.id}</td><td>([\\d.]+) ms</td>`).exec(table!)!;
      expect(Number(shown[1])).toBeCloseTo(latencyUs / 1e3, 3);
    }
    expect(text).toContain(`<option value="${first}" selected="">`);
    expect(text).toMatch(/<title>Block by block on [^<]+<\/title>/);
    expect(text).toMatch(/<td>MobileNetV2-shaped/);
  }
});

/** Cells of the table behind the plot, row by row. */
const paretoRows = (text: string) =>
  [.../<tbody id="table-pareto">(.*?)<\/tbody>/.exec(text)![1]!.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell),
  );
const paretoPlot = (text: string) => /<div id="chart-pareto">(<svg.*?<\/svg>)/.exec(text)![1]!;

test('networks are plotted by accuracy where it is known: those published, and what a search found', async () => {
  const published = (await setting.visit('/app/explore?space=mobile-inverted-residual&classes=1000')).text;
  const mobile = paretoRows(published).find(([name]) => name === 'ProxylessNAS-Mobile')!;
  expect(mobile.slice(2, 4)).toEqual(['74.6 %', 'ImageNet validation images, as published']);
  expect(paretoPlot(published)).toContain('Top-1 accuracy, %');
  expect(paretoPlot(published)).toMatch(/<title>ProxylessNAS-Mobile: [\d.]+ and 74\.6<\/title>/);
  expect(paretoPlot(published)).toMatch(/this one: [\d.]+\.<\/desc>/);

  const own = (await setting.visit('/app/explore?space=tiny&classes=10')).text;
  const found = paretoRows(own).find(([name]) => name === setting.ours.architectures)!;
  expect([found[2], found.at(-1)]).toEqual([expect.stringMatching(/ %$/), 'found']);
  expect(paretoPlot(own)).toContain('Top-1 accuracy, %');
  expect(paretoPlot(own)).toContain(`<title>${setting.ours.architectures}: `);
});

test('where no accuracy is known, networks are plotted by size, the edited one among them', async () => {
  const { text } = await setting.visit('/app/explore?space=tiny&classes=11');
  expect(paretoPlot(text)).toContain('Multiply-adds, millions');
  expect(paretoPlot(text)).toMatch(/<circle class="k5-2"[^>]*><title>this one: /);
  expect(paretoRows(text).every(([, , accuracy]) => accuracy === '–')).toBe(true);
});

test('a network that was found is where the editing begins', () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 7 });
  const path = plan.blocks.map(({ candidates }) => candidates.length - 1);
  const design = designFrom(pathToArchitecture(plan, path))!;
  expect(pathToArchitecture(design.plan, design.path)).toEqual(pathToArchitecture(plan, path));
});

test.for(['space=tiny&b0=99&b1=-1&classes=2.5', 'space=tiny&b0=x', 'space=tiny&classes=1e9'])(
  'what does not fit the space is left at its first candidate: %s',
  (query) => {
    const { path, architecture } = designOf(new Form(new URLSearchParams(query)));
    expect(path.every((each) => each === 0)).toBe(true);
    expect(architecture.classes).toBe(10);
  },
);

test('devices are compared place by place', async () => {
  const { status, text } = await setting.visit('/app/explore/devices?space=cifar');
  expect(status).toBe(200);
  for (const { hardware } of builtInModels) expect(text).toContain(hardware.id);
  expect(text).toMatch(/<td class="number best">[\d.]+ ×<\/td>/);
  expect((await setting.visit('/app/explore?space=none')).status).toBe(422);
});

test('a key that only predicts may explore, and sees no networks of searches', async () => {
  const found = setting.ours.architectures!;
  const { status, text } = await setting.visit('/app/explore?space=tiny', { key: 'predict' });
  expect([status, text.includes(found)]).toEqual([200, false]);
  expect((await setting.visit('/app/explore?space=tiny')).text).toContain(found);
});
