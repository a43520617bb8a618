/**
 * @file Divides the training samples into those that train weights and those that train path logits. As many of each
 * class as can be, so that the logits see balanced classes whatever the data set.
 */

import type { DataSetFacts } from '../../shared/data/data-set.ts';
import { FastpathError } from '../../shared/errors.ts';
import { Random } from '../../shared/random.ts';

/** Share of the training samples that goes to path logits, and its bounds. */
const share = 0.1;
const maxSamples = 50_000;
const minPerClass = 20;
/** As many again must be left to train weights with. */
const neededPerClass = 2 * minPerClass;

export interface TrainingSplit {
  /** sample numbers that train weights, ascending */
  weights: Uint32Array;
  /** sample numbers that train path logits, ascending; disjoint from `weights` */
  pathLogits: Uint32Array;
}

/**
 * Per class max(20, 10 % of the mean class, at most 50,000 / classes) samples, at most half of the class, for path
 * logits. Seeded: equal data set and seed give equal halves.
 * Throws `data.class-too-small`, which names the class.
 */
export function splitTraining(dataSet: DataSetFacts, seed: number): TrainingSplit {
  const { train, labels, classes } = dataSet;
  const byClass: number[][] = classes.map(() => []);
  for (const sample of train) byClass[labels[sample]!]!.push(sample);
  const total = Math.min(maxSamples, share * train.length);
  const perClass = Math.max(minPerClass, Math.round(total / classes.length));
  const held = new Uint8Array(labels.length);
  byClass.forEach((samples, label) => {
    if (samples.length < neededPerClass) throw tooSmall(dataSet, label, samples.length);
    const count = Math.min(perClass, Math.floor(samples.length / 2));
    Random.named(seed, `split/${label}`).shuffle(samples);
    for (let i = 0; i < count; i++) held[samples[i]!] = 1;
  });
  const pathLogits = train.filter((sample) => held[sample] === 1);
  const weights = train.filter((sample) => held[sample] === 0);
  return { weights, pathLogits };
}

function tooSmall(dataSet: DataSetFacts, label: number, has: number): FastpathError {
  return new FastpathError(
    'data.class-too-small',
    `Class ${dataSet.classes[label]} in ${dataSet.uri} has ${has} training images and needs at least ${neededPerClass} ` +
      `(${minPerClass} for path logits and as many for weights): add images or leave the class out.`,
  );
}
