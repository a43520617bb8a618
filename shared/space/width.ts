/** @file Channel counts: the rounding rule and a space made wider or narrower. */
import type { SearchSpace } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';

/**
 * The nearest multiple of 8 (halves go up, at least 8), plus 8 where that fell under 0.9 of the exact width. The rule
 * is the published one for this family of networks (Sandler et al., MobileNetV2, 2018).
 */
export function roundWidth(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}

/**
 * The space with stem, first block and stages scaled by `multiplier` and rounded; the head widens only for a
 * multiplier over 1. At 1 the space keeps its widths as they are, rounded or not.
 * @throws FastpathError `space.width-multiplier` unless the multiplier is a positive number
 */
export function scaleSpace(space: SearchSpace, multiplier: number): SearchSpace {
  if (!(multiplier > 0 && Number.isFinite(multiplier))) {
    throw new FastpathError('space.width-multiplier', `width multiplier must be a number over 0, not ${multiplier}`);
  }
  if (multiplier === 1) return space;
  const scaled = (width: number) => roundWidth(width * multiplier);
  return {
    ...space,
    stem: { ...space.stem, channels: scaled(space.stem.channels) },
    first: { ...space.first, channels: scaled(space.first.channels) },
    stages: space.stages.map((stage) => ({ ...stage, width: scaled(stage.width) })),
    head: { channels: multiplier > 1 ? scaled(space.head.channels) : space.head.channels },
  };
}
