import { expect, test } from 'vitest';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { AdditiveLatencyModel } from '../../../shared/latency/additive.ts';
import { builtInHardware, findLatencyTable } from '../../../shared/latency/built-in.ts';
import { fixedParts } from '../../../shared/latency/part.ts';
import { blockSignature, signatureOf } from '../../../shared/latency/signature.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { blockOf } from '../../../shared/space/path.ts';
import { excludeCandidates } from '../../../shared/space/restrict.ts';
import { checkBudget, checkCaps, rangeOf } from './reach.ts';

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 2 });

/**
 * A table with round numbers instead of measurements: fixed parts take 10 µs each, a block as many µs as its kernel
 * times its expansion. Classifiers take 1 µs per 100 classes.
 */
function roundModel(): AdditiveLatencyModel {
  const entry = (latencyUs: number) => ({ latencyUs, aloneUs: latencyUs, spreadUs: 0, count: 1 });
  const entries: LatencyTable['entries'] = {};
  for (const { part } of fixedParts(plan)) if (part.kind !== 'classifier') entries[signatureOf(part)] = entry(10);
  for (const classes of [100, 1000]) entries[`classifier-i128-c${classes}`] = entry(classes / 100);
  for (const block of plan.blocks) {
    for (const candidate of block.candidates) {
      const made = blockOf(block, candidate);
      if (made !== null) entries[blockSignature(made, block.inputSize)] = entry(made.kernel * made.expansion);
    }
  }
  const like = findLatencyTable(builtInHardware()[0]!.id);
  return new AdditiveLatencyModel({
    ...like,
    hardware: { ...like.hardware, id: 'round' },
    overheadUs: 70,
    entries,
    networks: [],
  });
}

test('the range is the sum of each block’s least and most', () => {
  const blocks = [
    [1, 5],
    [0, 2, 3],
  ];
  expect(rangeOf({ name: 'x', unit: 'us', fixed: 10, blocks })).toEqual({ least: 11, most: 18 });
});

// tiny has 8 choice blocks. 3 change width or stride and have no `zero`: their least is k3 e3, 9 µs. The most is k7 e6,
// 42 µs, in all. With 70 µs for the call and 3 · 10 µs for stem, first block and head: 127 µs to 436 µs.
test('a budget under the fastest or over the slowest path is refused with the range; within, it passes', () => {
  const model = roundModel();
  expect(() => checkBudget(plan, model, 0.1269)).toThrow(
    'budget 0.1269 ms is below the fastest possible path on round: paths take 0.127 ms to 0.436 ms there, plus the classifier; raise the budget',
  );
  expect(() => checkBudget(plan, model, 0.1271)).not.toThrow();
  expect(() => checkBudget(plan, model, 0.5)).not.toThrow();
  // 100,000 classes would take 1,000 µs.
  expect(() => checkBudget(plan, model, 1.437)).toThrow(/above the slowest possible path on round.*lower the budget/);
});

test('exclusions move the range', () => {
  const model = roundModel();
  const withoutZero = excludeCandidates(plan, { ops: ['zero', 'k3'] });
  // Now every block's least is k5 e3, 15 µs: 100 + 8 · 15.
  expect(() => checkBudget(withoutZero, model, 0.21)).toThrow(/paths take 0.220 ms to 0.436 ms/);
});

test('a table that does not cover the plan says which block it lacks', () => {
  const other = planSupernet(findSpace('tiny'), { resolution: 64, classes: 2 });
  expect(() => checkBudget(other, roundModel(), 0.3)).toThrow(/no latency is known for .*-r64\) on round/);
});

test('caps under the smallest path are refused with what it has', () => {
  expect(() => checkCaps(plan, { maxParameters: 100, maxMacs: null })).toThrow(
    /at most 100 parameters is below the smallest possible path: it has \d.* parameters \(\d+\); allow more/,
  );
  expect(() => checkCaps(plan, { maxParameters: null, maxMacs: 1000 })).toThrow(/at most 1000 multiply-adds is below/);
  expect(() => checkCaps(plan, { maxParameters: 1_000_000, maxMacs: 100_000_000 })).not.toThrow();
});
