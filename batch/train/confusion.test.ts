import { expect, it } from 'vitest';
import { classResultsSchema } from '../../shared/contract/class-results.ts';
import { confusionSvg } from '../../shared/picture/confusion-svg.ts';
import { expectPicture } from '../../shared/picture/expect-picture.ts';
import { Confusion } from './confusion.ts';

it('counts by class what images were taken for, and is drawn', () => {
  const confusion = new Confusion(['cat', '<dog>', 'owl']);
  for (const [label, predicted] of [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 2],
    [1, 1],
  ] as const) {
    confusion.add(label, predicted);
  }
  const results = confusion.results('test');
  expect(classResultsSchema.parse(results)).toEqual(results);
  expect(results.classes).toEqual([
    {
      name: 'cat',
      images: 4,
      top1: 0.25,
      predicted: [
        { class: 1, images: 2 },
        { class: 0, images: 1 },
        { class: 2, images: 1 },
      ],
    },
    { name: '<dog>', images: 1, top1: 1, predicted: [{ class: 1, images: 1 }] },
    { name: 'owl', images: 0, top1: null, predicted: [] },
  ]);
  const svg = confusionSvg(results);
  expectPicture(svg, 'Which classes are taken for which');
  expect(svg).toContain('40.0 % of 5 test images right');
  expect(svg).toContain('cat taken for &lt;dog&gt;: 2 of 4');
});
