/**
 * @file Initial weights that the candidates of one choice block have in common. Drawn independently, each candidate of
 * a block without shortcut would speak a language of its own, and whatever comes behind would have to learn them all.
 * Each candidate by itself still starts Kaiming-normal, fan out.
 */
import { Random } from '../../shared/random.ts';
import type { MbConv } from '../network/mbconv.ts';
import type { Initializer } from '../network/parameter.ts';

/**
 * Draws the weights of all candidates anew, hidden channel by hidden channel: a candidate of more channels has those of
 * one of fewer and others beside, and a smaller kernel is the middle of a larger one, each scaled to its own deviation.
 * @param candidates of one choice block, of equal inputs and outputs; null is `zero`
 * @param block names the block; each has weights of its own
 */
export function shareInitialWeights(
  candidates: readonly (MbConv | null)[],
  block: string,
  { seed }: Initializer,
): void {
  const present = candidates.filter((candidate) => candidate !== null);
  const largest = Math.max(...present.map(({ shape }) => shape.kernel));
  for (const { shape, layers } of present) {
    const { in: inputs, out: outputs, kernel } = shape;
    const [depthwise, project] = layers.slice(-2);
    const expand = layers.length === 3 ? layers[0]! : null;
    const hidden = depthwise!.shape.out;
    const expanding = new Float32Array(inputs * hidden);
    const filters = new Float32Array(kernel * kernel * hidden);
    const projecting = new Float32Array(hidden * outputs);
    const edge = (largest - kernel) / 2;
    for (let channel = 0; channel < hidden; channel++) {
      const random = Random.named(seed, `init/${block}/${channel}`);
      const normals = (count: number) => Float64Array.from({ length: count }, () => random.normal());
      for (const [input, value] of normals(inputs).entries()) {
        expanding[input * hidden + channel] = value * Math.sqrt(2 / hidden);
      }
      for (const [output, value] of normals(outputs).entries()) {
        projecting[channel * outputs + output] = value * Math.sqrt(2 / outputs);
      }
      const taps = normals(largest * largest);
      for (let y = 0; y < kernel; y++) {
        for (let x = 0; x < kernel; x++) {
          const tap = taps[(y + edge) * largest + x + edge]!;
          filters[(y * kernel + x) * hidden + channel] = (tap * Math.SQRT2) / kernel;
        }
      }
    }
    expand?.weight.assign(expanding);
    depthwise!.weight.assign(filters);
    project!.weight.assign(projecting);
  }
}
