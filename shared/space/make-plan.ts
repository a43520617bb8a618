/** @file Makes a search space concrete: one choice block after the other, with widths, strides and sizes. */
import { outputSize } from '../architecture/layers.ts';
import { resolutionProblem } from '../architecture/resolution.ts';
import type { SearchSpace } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import type { ChoiceBlock, SupernetPlan } from './plan.ts';
import { scaleSpace } from './width.ts';

export interface PlanOptions {
  /** input side in pixels, a multiple of the space's total stride */
  resolution: number;
  classes: number;
  /** scales all widths, see `scaleSpace`; 1 when left out */
  widthMultiplier?: number;
}

/**
 * The plan of `space`. A choice block has an identity shortcut exactly where its stride is 1 and its widths are equal,
 * and keeps the candidate `zero` exactly there.
 * @throws FastpathError `space.resolution` where the resolution does not fit the strides (with the nearest that do),
 * `space.classes` for fewer than two classes, `space.width-multiplier`
 */
export function planSupernet(space: SearchSpace, options: PlanOptions): SupernetPlan {
  const { resolution, classes, widthMultiplier = 1 } = options;
  checkResolution(space, resolution);
  if (!(Number.isInteger(classes) && classes >= 2)) {
    throw new FastpathError('space.classes', `a classifier needs two classes or more, not ${classes}`);
  }
  const scaled = scaleSpace(space, widthMultiplier);
  const { stem, first } = scaled;
  return {
    space: scaled.name,
    resolution,
    classes,
    stem,
    first: {
      op: 'mbconv',
      kernel: first.kernel,
      expansion: 1,
      stride: 1,
      in: stem.channels,
      out: first.channels,
      shortcut: false,
    },
    blocks: choiceBlocks(scaled, resolution),
    head: scaled.head,
  };
}

function choiceBlocks(space: SearchSpace, resolution: number): ChoiceBlock[] {
  const blocks: ChoiceBlock[] = [];
  let channels = space.first.channels;
  let inputSize = outputSize(resolution, space.stem.kernel, space.stem.stride);
  for (const [stage, { width, depth, stride: stageStride, candidates = space.candidates }] of space.stages.entries()) {
    for (let position = 0; position < depth; position++) {
      const stride = position === 0 ? stageStride : 1;
      const shortcut = stride === 1 && channels === width;
      blocks.push({
        stage,
        position,
        in: channels,
        out: width,
        stride,
        shortcut,
        inputSize,
        candidates: shortcut ? candidates : candidates.filter(({ op }) => op !== 'zero'),
      });
      channels = width;
      inputSize = inputSize / stride;
    }
  }
  return blocks;
}

function checkResolution(space: SearchSpace, resolution: number): void {
  const totalStride = space.stages.reduce<number>((product, { stride }) => product * stride, space.stem.stride);
  const problem = resolutionProblem(resolution, totalStride);
  if (problem !== null) throw new FastpathError('space.resolution', `space ${space.name}: ${problem}`);
}
