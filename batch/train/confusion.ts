/** @file Which classes a network takes for which, counted image by image. */
import type { ClassResults } from '../../shared/contract/class-results.ts';
import type { Evaluation } from '../../shared/contract/result.ts';

export class Confusion {
  /** by class, then by what it was taken for */
  private readonly counts: Map<number | null, number>[];

  constructor(private readonly classes: readonly string[]) {
    this.counts = classes.map(() => new Map());
  }

  /** @param predicted null: for nothing */
  add(label: number, predicted: number | null): void {
    const row = this.counts[label]!;
    row.set(predicted, (row.get(predicted) ?? 0) + 1);
  }

  results(split: Evaluation['split']): ClassResults {
    return {
      format: 'fastpath.class-results/1',
      split,
      classes: this.classes.map((name, label) => {
        const row = this.counts[label]!;
        const images = [...row.values()].reduce((sum, count) => sum + count, 0);
        return {
          name,
          images,
          top1: images === 0 ? null : (row.get(label) ?? 0) / images,
          predicted: [...row]
            .filter((entry): entry is [number, number] => entry[0] !== null)
            .sort(([a, many], [b, few]) => few - many || a - b)
            .map(([index, count]) => ({ class: index, images: count })),
        };
      }),
    };
  }
}
