/** @file Prunes the supernet of a finished search again, under other budgets or corrected models; trains nothing. */
import { createHash } from 'node:crypto';
import { type PruneSpec, type SearchSpec, searchSpecSchema } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { supernetKey } from '../../shared/store/search-keys.ts';
import type { Feed } from '../data/feed.ts';
import type { JobContext } from '../run/context.ts';
import { secondsOf } from '../run/cost.ts';
import { Supernet } from '../supernet/supernet.ts';
import { Confusion } from '../train/confusion.ts';
import { evaluate } from '../train/evaluate.ts';
import { openFeed, openSearchImages } from '../train/images.ts';
import { newTraining } from '../train/state.ts';
import { compareTimings, holdBudgets } from './held-budget.ts';
import { readOutcome } from './kept-outcome.ts';
import { choosePath, prunedNetwork, scoredPareto } from './outcome.ts';
import { writeSearchResult } from './result.ts';
import { setUpSearch } from './setup.ts';
import { loadSupernet } from './warm-start.ts';

/**
 * Chooses the most probable path within the budgets, takes its weights out of the supernet, recalibrates, scores it and
 * those for other budgets, and writes all that a search writes. Repeated whole where it was stopped.
 * @throws Stopped, FastpathError
 */
export async function runPrune(context: JobContext, { search, constraints, timings }: PruneSpec): Promise<'done'> {
  const found = await readSearch(context.store, search);
  // The full training is another job's: `train` on the architecture found.
  const spec: SearchSpec = { ...found, constraints, latencyLoss: 'target', training: null };
  const feed = await openFeed(context, spec);
  try {
    await prune(context, spec, search.prefix, timings, feed);
    return 'done';
  } finally {
    await feed.close();
  }
}

async function prune(
  context: JobContext,
  spec: SearchSpec,
  searchPrefix: string,
  timings: PruneSpec['timings'],
  feed: Feed,
): Promise<void> {
  const { stop, limit, progress } = context;
  const images = openSearchImages(feed, spec);
  const setup = setUpSearch(spec, feed.dataSet.classes.length);
  const kept = await readOutcome(context.store, searchPrefix);
  if (kept.dataFingerprint !== feed.dataSet.fingerprint) {
    const message = `the images at ${spec.data.uri} changed since the search: put them back, or search again`;
    throw new FastpathError('prune.data-changed', message);
  }
  const logits = kept.outcome.logits.map((block) => Float64Array.from(block));
  const compared = compareTimings(timings, setup.devices);
  const held = { ...setup, devices: holdBudgets(setup.devices, compared) };
  const { path, blocksDifferingFromArgmax } = choosePath(held, logits, true);
  const changed = path.filter((choice, i) => choice !== kept.outcome.path[i]).length;
  const message = `pruned: ${changed} of ${path.length} blocks differ from the search's; scoring the path and those for other budgets`;
  await progress.write({ type: 'note', step: 0, level: 'info', message });

  const supernet = new Supernet(setup.plan, { seed: spec.seed });
  // A warm start trained no weights: its supernet is the one it started from.
  await loadSupernet(context, spec.warmStart?.key ?? supernetKey(searchPrefix), supernet, kept.dataFingerprint);
  const pareto = await scoredPareto(supernet, setup, logits, path, images, context, true);
  const outcome = { ...kept.outcome, path: [...path], blocksDifferingFromArgmax, pareto };
  const network = await prunedNetwork(supernet, path, images, context);
  const { loader, split } = images.evaluation;
  const confusion = new Confusion(images.dataSet.classes);
  const evaluation = await evaluate(network, loader, split, stop, limit, confusion);
  const training = newTraining();
  await writeSearchResult(context, {
    spec,
    setup,
    outcome,
    network,
    evaluation,
    classes: confusion.results(split),
    training,
    images,
    feed,
    timings: compared,
    secondsBefore: await secondsOf(context.store, searchPrefix),
    weights: 'supernet',
    cutShort: false,
  });
}

/** @throws FastpathError `prune.no-search`, `spec.changed` */
async function readSearch(store: ObjectStore, { prefix, specSha256 }: PruneSpec['search']): Promise<SearchSpec> {
  const key = `${prefix}/spec.json`;
  const object = await store.get(key);
  if (object === null) throw new FastpathError('prune.no-search', `no search at ${key} in ${store.uri}: search again`);
  if (createHash('sha256').update(object.bytes).digest('hex') !== specSha256) {
    throw new FastpathError('spec.changed', `the spec at ${key} is not the one of the search that is to be pruned`);
  }
  return searchSpecSchema.parse(JSON.parse(Buffer.from(object.bytes).toString()));
}
