/** @file What architectures are compared with: networks of MobileNetV2's shape in several widths, and published ones. */
import type { Architecture } from '../contract/architecture.ts';
import type { SearchSpace } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import { builtInSpaces, findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import type { ComparedNetwork } from './compare.ts';
import { architectureOf, publishedNetworks } from './published-networks.ts';

/** The space whose networks others published, for images of this size and ImageNet's classes. */
const published = { space: findSpace('mobile-inverted-residual'), resolution: 224, classes: 1000 };

/** Sandler et al., "MobileNetV2" (2018), table 2. */
const mobileNetV2: SearchSpace = {
  ...published.space,
  name: 'mobilenet-v2',
  stages: [
    { width: 24, depth: 2, stride: 2 },
    { width: 32, depth: 3, stride: 2 },
    { width: 64, depth: 4, stride: 2 },
    { width: 96, depth: 3, stride: 1 },
    { width: 160, depth: 3, stride: 2 },
    { width: 320, depth: 1, stride: 1 },
  ],
};

/**
 * Width multipliers with the top-1 accuracy on ImageNet that was published for them: × 1 and × 1.4 in Sandler et al.,
 * table 4; the others with the authors' checkpoints (github.com/tensorflow/models, research/slim/nets/mobilenet).
 */
const widths = [
  { multiplier: 0.35, top1: 0.603 },
  { multiplier: 0.5, top1: 0.654 },
  { multiplier: 0.75, top1: 0.698 },
  { multiplier: 1, top1: 0.72 },
  { multiplier: 1.4, top1: 0.747 },
];

/**
 * The network of MobileNetV2's kind in a space: every block with kernel 3 and expansion 6, all widths scaled. In the
 * space of published networks it is MobileNetV2 itself.
 * @throws FastpathError `space.resolution`, `space.width-multiplier`
 */
export function mobileNetShaped(
  space: SearchSpace,
  { resolution, classes }: Pick<Architecture, 'resolution' | 'classes'>,
  widthMultiplier: number,
): Architecture {
  const { name, stages, ...rest } = space.name === published.space.name ? mobileNetV2 : space;
  const uniform: SearchSpace = {
    ...rest,
    name,
    stages: stages.map(({ width, depth, stride }) => ({ width, depth, stride })),
    candidates: [{ op: 'mbconv', kernel: 3, expansion: 6 }],
  };
  const plan = planSupernet(uniform, { resolution, classes, widthMultiplier });
  const { space: _, ...architecture } = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  return architecture;
}

/**
 * Baselines for the space, input side and classes of `architecture`; for one of no built-in space, those of published
 * networks. None where the input side does not fit them.
 */
export function baselinesFor(architecture: Architecture): ComparedNetwork[] {
  const { resolution, classes, space: name } = architecture;
  const space = name !== undefined && Object.hasOwn(builtInSpaces, name) ? findSpace(name) : published.space;
  const isPublished = space === published.space;
  const wasReported = isPublished && resolution === published.resolution && classes === published.classes;
  const baseline = (name: string, network: Architecture, top1: number): ComparedNetwork => ({
    name,
    architecture: network,
    baseline: true,
    accuracy: wasReported ? { top1, of: 'ImageNet validation images, as published' } : null,
  });
  try {
    return [
      ...widths.map(({ multiplier, top1 }) => {
        const kind = isPublished ? 'MobileNetV2' : 'MobileNetV2-shaped';
        return baseline(`${kind} ×${multiplier}`, mobileNetShaped(space, architecture, multiplier), top1);
      }),
      ...(isPublished ? publishedNetworks : []).map((network) =>
        baseline(network.name, architectureOf(network, resolution, classes), network.top1),
      ),
    ];
  } catch (error) {
    if (error instanceof FastpathError && error.code === 'space.resolution') return [];
    throw error;
  }
}
