/** @file The model card: all that is known of how a network came about, and nothing that is not. */
import { describe, expect, test } from 'vitest';
import { mobileNetShaped } from '../comparison/baselines.ts';
import type { ExportRecord } from '../contract/export.ts';
import type { TrainSpec } from '../contract/job-spec.ts';
import { publishedTrainingSchedule } from '../contract/job-spec.ts';
import type { Metrics } from '../contract/result.ts';
import { findSpace } from '../space/built-in.ts';
import { type CardFacts, modelCard } from './model-card.ts';

const architecture = mobileNetShaped(findSpace('tiny'), { resolution: 32, classes: 10 }, 1);
const record: ExportRecord = {
  ...{ format: 'fastpath.export/1', form: 'onnx', features: false, batchNorm: 'folded', architectureId: '0' },
  ...{ layout: 'NCHW', input: [-1, 3, 32, 32], outputs: [], labels: null, check: null, unchecked: 'no Python' },
  preprocessing: {
    ...{ colour: 'RGB', resolution: 32, cropShare: 0.875, smallCropShare: 1, smallSide: 64 },
    ...{ mean: [0, 0, 0], std: [1, 1, 1] },
  },
  ...{ quantisation: null, files: [], fastpathVersion: '1.2.3' },
};
const metrics: Metrics = {
  ...{ format: 'fastpath.metrics/1', architectureId: '0', seed: 7, backend: 'wasm', dataFingerprint: 'abc' },
  ...{ macs: 1, parameters: 1, peakActivationBytes: 1, weights: 'trained', search: null, skippedImages: 0 },
  latency: [{ hardware: 'my-phone', budgetMs: 5, latencyMs: 4.5, lowMs: 4.25, highMs: 4.75, flags: [] }],
  evaluation: { split: 'test', images: 400, loss: 1, top1: 0.75, top5: 0.99 },
};
const spec: TrainSpec = {
  ...{ format: 'fastpath.train-spec/1', data: { uri: '/data/flowers' }, architecture, seed: 7 },
  ...{ training: publishedTrainingSchedule, initialWeights: null },
};
const cost = (computeSeconds: number, pricePerHourUsd: number | null): CardFacts['cost'] => {
  return { format: 'fastpath.cost/1', computeSeconds, pricePerHourUsd };
};
const { latency } = metrics;
const all: CardFacts = { metrics, spec, cost: null, trainedResolution: 32, latency };
const card = (facts: Partial<CardFacts>) => modelCard(architecture, record, { ...all, ...facts });

test('data set, accuracy, seed, version, and latency with budget and interval on each device', () => {
  const text = card({});
  for (const line of [
    '| data set | /data/flowers, fingerprint abc |',
    '| accuracy | 75.0 % top-1, 99.0 % top-5 on 400 test images |',
    '| seed | 7 |',
    '| Fastpath | 1.2.3 |',
    '| my-phone | 4.50 ms (4.25 ms to 4.75 ms) | 5.00 ms |',
  ])
    expect(text).toContain(`${line}\n`);
});

describe('what it cost', () => {
  test('in seconds, where nobody said what they cost', () =>
    expect(card({ cost: cost(3725, null) })).toContain('| cost | 1 h 02 min of compute for training |\n'));

  test('in US dollars at the price of the machine', () =>
    expect(card({ cost: cost(1800, 1.006) })).toContain(
      '| cost | 30 min 00 s of compute for training, 0.503 USD at 1.006 USD an hour |\n',
    ));

  test('of a search whose weights are its supernet’s', () => {
    const search: Metrics['search'] = {
      ...({ method: 'gradient', latencyLoss: 'target' } as const),
      ...{ blocksDifferingFromArgmax: 0, meanTopProbability: 1 },
      ...{ blocks: [], imagePasses: 1000, spaceSize: '7', timings: [] },
    };
    const searched = { ...metrics, search };
    const text = (weights: Metrics['weights']) => card({ metrics: { ...searched, weights }, cost: cost(60, 0) });
    expect(text('supernet')).toContain('| cost | 1 min 00 s of compute for search, 0 USD at 0 USD an hour |\n');
    expect(text('trained')).toContain('of compute for search and training, ');
  });

  test('or that it is not known', () => expect(card({})).toContain('| cost | not known |\n'));
});

test('at another input side, accuracy is that of the side trained for', () => {
  const text = card({ trainedResolution: 24, latency: [] });
  expect(text).toContain(
    '| accuracy | 75.0 % top-1, 99.0 % top-5 on 400 test images at 24 × 24 pixels, which the weights were trained for; not known at 32 |\n',
  );
  expect(text).not.toContain('Latency');
});

test('of weights that came alone nothing is made up', () => {
  const text = card({ metrics: null, spec: null });
  expect(text).toContain('What the weights were trained on is not known.\n');
  expect(text).not.toMatch(/cost|accuracy|seed/);
});
