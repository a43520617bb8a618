/** @file Using up a budget that pruning left unused: exchange single candidates while the whole network still fits. */
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';
import { pathLogProbability } from './probabilities.ts';

/**
 * Exchanges one candidate at a time, each exchange raising the use. The first round in which an exchange brings the
 * use to `enough` or over takes the likeliest such path and ends; until then the exchange of the highest use is taken.
 * @param use the share of the budget that a path uses, or undefined where it breaks some budget
 * @param path fits, i.e. `use(path)` is a number; it is returned when no exchange raises its use
 */
export function fillBudget(
  logProbabilities: PerCandidate,
  path: Path,
  enough: number,
  use: (path: Path) => number | undefined,
): Path {
  let current = path;
  let used = use(path) ?? 0;
  while (used < enough) {
    const better = neighbours(logProbabilities, current).flatMap((next) => {
      const share = use(next);
      return share !== undefined && share > used
        ? [{ next, share, logP: pathLogProbability(logProbabilities, next) }]
        : [];
    });
    const sufficient = better.filter(({ share }) => share >= enough);
    const [best] = (sufficient.length > 0 ? sufficient : better).sort((a, b) =>
      sufficient.length > 0 ? b.logP - a.logP : b.share - a.share,
    );
    if (!best) return current;
    current = best.next;
    used = best.share;
  }
  return current;
}

/** All paths that differ from `path` in one block. */
function neighbours(logProbabilities: PerCandidate, path: Path): Path[] {
  return path.flatMap((chosen, k) =>
    Array.from(logProbabilities[k]!, (_, i) => i)
      .filter((i) => i !== chosen)
      .map((i) => path.with(k, i)),
  );
}
