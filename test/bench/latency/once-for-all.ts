/**
 * @file Networks of the Once-for-All MobileNetV3 space (Cai and others, ICLR 2020): five stages of at most four blocks;
 * JSON with kernel sizes `ks` (20), expansions `e` (20), depths `d` (5) and resolution `r`. Blocks beyond a stage's depth
 * do not run.
 */
import type { Description } from './encode.ts';

const widths = [16, 24, 40, 80, 112, 160];
const strides = [2, 2, 2, 1, 2];
const blocksPerStage = 4;
const kernels = [3, 5, 7];
const expansions = [3, 4, 6];

export function onceForAll(architecture: string): Description {
  const { ks, e, d, r } = JSON.parse(architecture) as { ks: number[]; e: number[]; d: number[]; r: number };
  let side = Math.ceil(r / 2);
  const area = (r / 224) ** 2;
  const sums = { blocks: 0, dense: 0, depthwise: 0, moved: 0, parameters: 0 };
  const blocks: number[] = [];
  for (const [stage, depth] of d.entries()) {
    for (let i = 0; i < blocksPerStage; i++) {
      const runs = i < depth;
      const kernel = ks[stage * blocksPerStage + i]!;
      const expansion = e[stage * blocksPerStage + i]!;
      for (const scale of [1, area]) {
        blocks.push(...kernels.map((one) => (runs && one === kernel ? scale : 0)));
        blocks.push(...expansions.map((one) => (runs && one === expansion ? scale : 0)));
      }
      if (!runs) continue;
      const input = widths[i === 0 ? stage : stage + 1]!;
      const output = widths[stage + 1]!;
      const hidden = input * expansion;
      const out = Math.ceil(side / (i === 0 ? strides[stage]! : 1));
      sums.blocks += 1;
      sums.dense += input * hidden * side ** 2 + hidden * output * out ** 2;
      sums.depthwise += kernel ** 2 * hidden * out ** 2;
      sums.moved += (input + 2 * hidden) * side ** 2 + (2 * hidden + output) * out ** 2;
      sums.parameters += hidden * (input + output + kernel ** 2);
      side = out;
    }
  }
  const work = [sums.blocks, sums.dense, sums.depthwise, r ** 2];
  return { physical: [...Object.values(sums), r ** 2], work, blocks };
}
