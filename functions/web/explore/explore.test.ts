import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { describe } from '../../../shared/architecture/describe.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { architectures, type KeyScope } from '../../../shared/db/schema/index.ts';
import { count } from '../../../shared/format.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { builtInSpaces, findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { createKey } from '../../service/keys/create-key.ts';
import { Form } from '../form.ts';
import { openWeb, signIn, type WebSetting } from '../test-setting.ts';
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

/** The last candidate everywhere, of images and widths that are not the usual ones. */
function lastOf(space: string, resolution: number, widthMultiplier = 1): Architecture {
  const plan = planSupernet(findSpace(space), { resolution, classes: 7, widthMultiplier });
  return pathToArchitecture(
    plan,
    plan.blocks.map(({ candidates }) => candidates.length - 1),
  );
}

test('a network that was found is where the editing begins, whatever the size of its images', () => {
  const steps: Record<string, number> = { tiny: 8, cifar: 8, 'mobile-inverted-residual': 32 };
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(builtInSpaces)), fc.integer({ min: 1, max: 12 }), (space, times) => {
      const architecture = lastOf(space, times * steps[space]!);
      const design = designFrom(architecture)!;
      expect(pathToArchitecture(design.plan, design.path)).toEqual(architecture);
    }),
  );
  expect(designFrom(lastOf('tiny', 32, 0.5))).toBeNull();
  expect(designFrom({ ...lastOf('tiny', 32), resolution: 33 })).toBeNull();
  const { space: _, ...nowhere } = lastOf('tiny', 32);
  expect(designFrom(nowhere)).toBeNull();
});

/** The address of a network that a search of ours found; gone behind the test. */
async function found(id: string, body: Architecture): Promise<string> {
  const [row] = await setting.db.select().from(architectures).where(eq(architectures.id, setting.ours.architectures!));
  await setting.db.insert(architectures).values({ ...row!, id, role: 'pareto', body });
  onTestFinished(async () => void (await setting.db.delete(architectures).where(eq(architectures.id, id))));
  return `/app/explore?architecture=${id}`;
}

/** Fields of the editor as they are sent, hidden ones too. */
function fieldsOf(text: string): URLSearchParams {
  const form = /<form method="get".*?<\/form>/.exec(text)![0];
  const inputs = [...form.matchAll(/<input [^>]*name="(\w+)"[^>]* value="([^"]*)"/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  const selects = [...form.matchAll(/<select [^>]*name="(\w+)".*?value="([^"]*)" selected=""/gs)].map(
    ([, name, value]) => [name, value],
  );
  return new URLSearchParams([...inputs, ...selects] as [string, string][]);
}
const costs = (text: string) => /<div id="costs"[^>]*>(.*?)<\/div><div class="charts/.exec(text)![1];
const alert = (text: string) => /role="alert">([^<]*)</.exec(text)?.[1];

test('a network of larger images keeps their size while it is edited, until another space is chosen', async () => {
  const architecture = lastOf('tiny', 64);
  const opened = (await setting.visit(await found('00000000000000a1', architecture))).text;
  expect(alert(opened)).toBeUndefined();
  expect(costs(opened)).toContain(count(describe(architecture).macs));
  const fields = fieldsOf(opened);
  const again = (await setting.visit(`/app/explore?${fields}`)).text;
  expect(costs(again)).toBe(costs(opened));

  fields.set('space', 'cifar');
  const other = designOf(new Form(fields));
  expect([other.design.plan.resolution, other.trouble]).toEqual([32, null]);
  expect((await setting.visit(`/app/explore?${fields}`)).text).not.toContain('name="resolution"');
});

test('what cannot be shown is said above what is shown instead', async () => {
  const narrow = await setting.visit(await found('00000000000000a2', lastOf('tiny', 32, 0.5)));
  expect(narrow.status).toBe(200);
  expect(alert(narrow.text)).toMatch(/^Network 00000000000000a2 cannot be edited here: .*\(tiny, 32 pixels\)/);
  expect(narrow.text.indexOf('role="alert"')).toBeLessThan(narrow.text.indexOf('<form method="get"'));
  expect(alert((await setting.visit('/app/explore?classes=2.5')).text)).toBe(
    'Classes are a whole number from 2 to 100000: what is shown is for 10.',
  );
  expect(alert((await setting.visit('/app/explore?space=tiny&resolution=33&resolutionOf=tiny')).text)).toBe(
    'Space tiny takes no images of 33 pixels: what is shown is for 32.',
  );
  expect(alert((await setting.visit('/app/explore?space=tiny&classes=11')).text)).toBeUndefined();
});

test('a network that was found is opened by those who may read it', async () => {
  const id = setting.ours.architectures!;
  const reader = { name: 'reads', scopes: ['predict', 'search'] as KeyScope[] };
  const { secret } = await createKey(setting.dependencies, setting.tenantId, reader);
  const cookie = await signIn(setting.web, secret);
  const path = `/app/explore?architecture=${id}`;
  expect((await setting.web.request(path, { headers: { cookie } })).status).toBe(200);
  for (const [key, status] of [
    ['predict', 403],
    ['theirs', 404],
  ] as const) {
    expect((await setting.visit(path, { key })).status).toBe(status);
  }
  expect((await setting.visit('/app/explore?architecture=none')).status).toBe(404);
  // A key that may not explore is not led there.
  const result = `/app/searches/${setting.ours.searches}`;
  const leads = async (key: 'admin' | 'search') => (await setting.visit(result, { key })).text.includes(path);
  expect([await leads('admin'), await leads('search')]).toEqual([true, false]);
});

test.for(['space=tiny&b0=99&b1=-1&classes=2.5', 'space=tiny&b0=x', 'space=tiny&classes=1e9'])(
  'what does not fit the space is left at its first candidate: %s',
  (query) => {
    const { path, architecture } = designOf(new Form(new URLSearchParams(query))).design;
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
