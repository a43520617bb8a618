/** @file Whether memory stays flat while images come in, pass after pass. */
import type { Feed } from '../../../batch/data/feed.ts';
import { median } from '../../../shared/latency/statistics.ts';
import type { Measurement } from '../report.ts';
import { batch, loaderOf, take } from './loader.ts';

const intervals = 20;

export async function steadiness(feed: Feed, images: number): Promise<Measurement[]> {
  const loader = loaderOf(feed);
  const batches = Math.ceil(images / batch);
  const rssMb: number[] = [];
  for (let at = 0; at < batches; at++) {
    await take(loader, at, 1);
    rssMb.push(process.memoryUsage.rss() / 1e6);
    if ((at + 1) % Math.ceil(batches / intervals) === 0) {
      console.log(`${(at + 1) * batch} images: ${rssMb.at(-1)!.toFixed(0)} MB`);
    }
  }
  await loader.close();
  const tenth = Math.floor(batches / 10);
  const [early, late] = [median(rssMb.slice(tenth, 2 * tenth)), median(rssMb.slice(-tenth))];
  const per100000 = (slope(rssMb.slice(batches / 2)) * 100_000) / batch;
  return [
    {
      name: `memory of the whole process, last tenth of ${images} images / second tenth`,
      value: late / early,
      unit: '×',
      target: { atMost: 1.05 },
      note: `medians ${early.toFixed(0)} and ${late.toFixed(0)} MB; ${rssMb[0]!.toFixed(0)} MB behind the first batch, ${rssMb.at(-1)!.toFixed(0)} MB behind the last, highest ${Math.max(...rssMb).toFixed(0)} MB`,
    },
    {
      name: 'its slope over the second half, by least squares',
      value: per100000,
      unit: 'MB in 100,000 images',
    },
  ];
}

/** Of the line that fits best through values at 0, 1, 2 and so on. */
function slope(values: readonly number[]): number {
  const [meanAt, mean] = [(values.length - 1) / 2, values.reduce((sum, value) => sum + value, 0) / values.length];
  let [above, below] = [0, 0];
  for (const [at, value] of values.entries()) {
    above += (at - meanAt) * (value - mean);
    below += (at - meanAt) ** 2;
  }
  return above / below;
}
