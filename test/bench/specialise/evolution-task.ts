/** @file Evolution in a process of its own: TensorFlow there computes without holding up who asked. */
import { join } from 'node:path';
import { selectBackend } from '../../../batch/backend/select.ts';
import { Feed } from '../../../batch/data/feed.ts';
import { noLimit } from '../../../batch/run/compute-limit.ts';
import { stopOnSignals } from '../../../batch/run/stop.ts';
import { disposeNetwork, prunedNetwork } from '../../../batch/search/outcome.ts';
import { loadWarmUp } from '../../../batch/search/warm-up-weights.ts';
import { Supernet } from '../../../batch/supernet/supernet.ts';
import { evaluate } from '../../../batch/train/evaluate.ts';
import { openSearchImages } from '../../../batch/train/images.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { Random } from '../../../shared/random.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { warmUpKey } from '../../../shared/store/search-keys.ts';
import { drawWithin, isWithin, plan, shareOf } from './budget.ts';
import { evolve } from './evolution.ts';
import { evolutionTaskSchema } from './evolution-result.ts';
import { KeptScores } from './kept-scores.ts';
import { answerTask } from './task.ts';

await answerTask(evolutionTaskSchema, async ({ work, prefix, warmUp, constraint, population, generations }) => {
  const { imageAddon } = await selectBackend();
  const begun = performance.now();
  const feed = await Feed.open(warmUp.data.uri, { cacheDirectory: join(work, 'cache') }, imageAddon);
  try {
    const images = openSearchImages(feed, warmUp);
    const supernet = new Supernet(plan, { seed: warmUp.seed });
    const store = new DirectoryStore(work);
    await loadWarmUp({ store }, warmUpKey(prefix), supernet, feed.dataSet.fingerprint);
    const stop = stopOnSignals();
    const random = Random.named(warmUp.seed, 'evolution');
    const model = new FittedLatencyModel(constraint.model);
    const scores = new KeptScores(
      join(work, `evolution-scores-${constraint.model.version}-${constraint.budgetMs}.jsonl`),
    );
    const { path, score, scored } = await evolve({
      ...{ population, generations, random },
      candidates: plan.blocks.map(({ candidates }) => candidates.length),
      draw: () => drawWithin(constraint, random),
      fits: (path) => isWithin(shareOf(model, constraint.budgetMs, path)),
      score: (path) =>
        scores.of(path, async () => {
          const network = await prunedNetwork(supernet, path, images, { stop, limit: noLimit });
          const { top1 } = await evaluate(network, images.validationScore, 'validation', stop);
          disposeNetwork(network);
          return top1;
        }),
    });
    const seconds = scores.earlierSeconds + (performance.now() - begun) / 1000;
    return { architecture: pathToArchitecture(plan, path), top1: score, scored, seconds };
  } finally {
    await feed.close();
  }
});
