/** @file The shipped tables: valid, complete for the built-in spaces, and in line with the whole networks in them. */
import { describe, expect, it } from 'vitest';
import { describe as costsOf } from '../architecture/describe.ts';
import { latencyTableSchema } from '../contract/latency.ts';
import { Random } from '../random.ts';
import { builtInSpaces, findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../space/path.ts';
import { AdditiveLatencyModel } from './additive.ts';
import { builtInHardware, findLatencyTable } from './built-in.ts';
import { costTable, macsTable, parametersTable, pathCost } from './cost-table.ts';
import { median } from './statistics.ts';

const ids = builtInHardware().map(({ id }) => id);
/** measured part by part; the others by what tells most, and by operators */
const inFull = ids.filter((id) => findLatencyTable(id).coverage.length > 0);
const covered = ids.flatMap((id) => findLatencyTable(id).coverage.map((coverage) => ({ id, ...coverage })));

describe('a shipped latency table', () => {
  it.each(ids)('%s follows the schema and is known by its id', (id) => {
    const table = findLatencyTable(id);
    expect(latencyTableSchema.parse(table)).toEqual(table);
    expect(table.hardware.id).toBe(id);
  });

  it.each(inFull)('%s covers every built-in space at its default resolution', (id) => {
    const known = covered.filter((coverage) => coverage.id === id).map((c) => `${c.space} at ${c.resolution}`);
    expect(known).toEqual(
      expect.arrayContaining(Object.values(builtInSpaces).map((space) => `${space.name} at ${space.resolution}`)),
    );
  });

  it.each(covered)('$id knows every candidate of $space at $resolution', ({ id, space, resolution }) => {
    const plan = planSupernet(findSpace(space), { resolution, classes: 100 });
    const cost = costTable(plan, new AdditiveLatencyModel(findLatencyTable(id)));
    plan.blocks.forEach((block, i) => {
      block.candidates.forEach((candidate, j) => {
        if (candidate.op === 'zero') expect(cost.blocks[i]![j]).toBe(0);
        else expect(cost.blocks[i]![j]).toBeGreaterThan(0);
      });
    });
  });

  it.each(covered)('$id: sums match whole networks of $space at $resolution', ({ id, space, resolution }) => {
    const table = findLatencyTable(id);
    const model = new AdditiveLatencyModel(table);
    const own = table
      .networks!.filter((network) => 'path' in network)
      .filter((network) => network.space === space && network.resolution === resolution);
    expect(own.length).toBeGreaterThanOrEqual(10);
    const errors = own.map(({ path, classes, latencyUs, sumOfBlocksUs }) => {
      const plan = planSupernet(findSpace(space), { resolution, classes });
      const predicted = model.predict(pathToArchitecture(plan, path)).latencyUs;
      expect(predicted).toBeCloseTo(sumOfBlocksUs!, 1);
      return Math.abs(predicted / latencyUs - 1);
    });
    expect(median(errors)).toBeLessThan(0.05);
  });

  it('names the hardware there is when asked for another', () => {
    expect(() => findLatencyTable('toaster')).toThrow(/no latency is known for hardware toaster: use one of .*ort-1t/);
  });
});

describe('a cost table', () => {
  it.each(Object.values(builtInSpaces))('gives each path of $name the cost of its architecture', (space) => {
    const plan = planSupernet(space, { resolution: space.resolution, classes: 10 });
    const model = new AdditiveLatencyModel(findLatencyTable(ids[0]!));
    const random = Random.named(5, 'paths');
    for (let i = 0; i < 10; i++) {
      const path = uniformPath(plan, random);
      const architecture = pathToArchitecture(plan, path);
      const { macs, parameters } = costsOf(architecture);
      expect(pathCost(costTable(plan, model), path)).toBeCloseTo(model.predict(architecture).latencyUs, 6);
      expect(pathCost(macsTable(plan), path)).toBe(macs);
      expect(pathCost(parametersTable(plan), path)).toBe(parameters);
    }
  });
});
