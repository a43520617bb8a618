/** @file What the Python files of both frameworks have in common. Nothing from outside but numbers gets into them. */
import { featureTaps } from '../architecture/features.ts';
import { architectureId } from '../architecture/identity.ts';
import { hiddenWidth } from '../architecture/layers.ts';
import type { Architecture } from '../contract/architecture.ts';
import type { Preprocessing } from '../contract/export.ts';
import type { Tensor } from '../weights/tensor.ts';
import type { TrainedTensors } from './trained-weights.ts';

export interface PythonOptions {
  architecture: Architecture;
  /** the maps of each stride instead of logits */
  features: boolean;
  preprocessing: Preprocessing;
}

/** Tensors by the names that the framework has for them. */
export type NamedTensors = Map<string, Tensor>;

/** @param dims of the images */
export function docstring({ architecture, features }: PythonOptions, framework: string, dims: string): string {
  const what = features ? 'The feature maps of network' : 'Network';
  return `"""${what} ${architectureId(architecture)} in ${framework}, exported by Fastpath.

    from network import load
    network = load()            # with the weights in network.safetensors beside this file
    outputs = network(images)   # ${dims}, prepared as export.json says

\`python network.py\` compares the outputs with those that the trainer computed for the images in check.safetensors.
"""`;
}

/** The tables that say what the network is. */
export function constants({ architecture, features, preprocessing }: PythonOptions): string {
  const { resolution, classes, stem, head } = architecture;
  const taps = featureTapsIf(architecture, features);
  const blocks = architecture.blocks.slice(0, taps === null ? undefined : taps.at(-1)!.block + 1);
  const rows = blocks.map((block) => {
    const hidden = block.expansion === 1 ? 'None' : hiddenWidth(block);
    return `    (${block.kernel}, ${block.stride}, ${block.in}, ${hidden}, ${block.out}, ${block.shortcut ? 'True' : 'False'}),`;
  });
  const end =
    taps === null
      ? [`HEAD = ${head.channels}`, `CLASSES = ${classes}`]
      : [
          '# stride: index of the last block with maps of that stride',
          `TAPS = {${taps.map(({ stride, block }) => `${stride}: ${block}`).join(', ')}}`,
        ];
  return [
    '# An image is scaled to RESOLUTION, and its RGB values v in 0...255 to (v / 255 - MEAN) / STD.',
    `RESOLUTION = ${resolution}`,
    `MEAN = (${preprocessing.mean.join(', ')})`,
    `STD = (${preprocessing.std.join(', ')})`,
    `STEM = (${stem.kernel}, ${stem.stride}, ${stem.channels})  # kernel, stride, channels`,
    'BLOCKS = [',
    '    # kernel, stride, channels in, hidden (None: no expansion), out, shortcut',
    ...rows,
    ']',
    ...end,
  ].join('\n');
}

/** By so much may outputs differ from the trainer's; classes whose logits are as near are the same answer. */
export const tolerance = '1e-4';

/** What `python network.py` does. */
export function mainSource(features: boolean): string {
  // Features may be large, and rounding with them.
  const limit = features ? `${tolerance} * max(1, result['largest_output'])` : tolerance;
  return `if __name__ == '__main__':
    result = check()
    print(result)
    # Said so that NaN is refused too.
    if not result['largest_difference'] <= ${limit}:
        raise SystemExit('the outputs are not those of the trainer')`;
}

/** The tensors that the file needs: all, or those up to the last tap. */
export function keptTensors({ architecture, features }: PythonOptions, tensors: TrainedTensors): TrainedTensors {
  const taps = featureTapsIf(architecture, features);
  if (taps === null) return tensors;
  const last = taps.at(-1)!.block;
  const isKept = (name: string) => {
    const block = /^blocks\.(\d+)\./.exec(name);
    return block === null ? name.startsWith('stem.') : Number(block[1]) <= last;
  };
  return new Map([...tensors].filter(([name]) => isKept(name)));
}

function featureTapsIf(architecture: Architecture, features: boolean) {
  return features ? featureTaps(architecture) : null;
}
