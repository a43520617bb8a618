/** @file What the architecture found is compared with: budgets and random architectures. */
import { expect, it } from 'vitest';
import { architectureId } from '../../shared/architecture/identity.ts';
import { macsTable, pathCost } from '../../shared/latency/cost-table.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { uniformPath } from '../../shared/space/path.ts';
import { budgetsMs, latencyModel, randomArchitectures } from './search-cells.ts';
import { forms } from './search-forms.ts';

it('draws distinct architectures of 90 to 100 % of each budget, others for another seed', () => {
  for (const budgetMs of budgetsMs(forms.full)) {
    const drawn = randomArchitectures(budgetMs, 8, 1);
    for (const architecture of drawn) {
      const share = latencyModel.predict(architecture).latencyUs / (budgetMs * 1000);
      expect(share).toBeGreaterThanOrEqual(0.9);
      expect(share).toBeLessThanOrEqual(1);
    }
    const ids = drawn.map(architectureId);
    expect(new Set(ids).size).toBe(8);
    expect(randomArchitectures(budgetMs, 8, 1).map(architectureId)).toEqual(ids);
    expect(randomArchitectures(budgetMs, 8, 2).map(architectureId)).not.toEqual(ids);
  }
});

it('has two different budgets in every form, and a space of at most 5 M multiply-adds on average', () => {
  for (const form of Object.values(forms)) expect(new Set(budgetsMs(form)).size).toBe(2);
  const plan = planSupernet(findSpace('cifar'), { resolution: 32, classes: 10 });
  const cost = macsTable(plan);
  const random = Random.named(0, 'paths');
  const macs = Array.from({ length: 2000 }, () => pathCost(cost, uniformPath(plan, random)));
  expect(macs.reduce((sum, one) => sum + one, 0) / macs.length).toBeLessThanOrEqual(5e6);
});
