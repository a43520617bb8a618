/**
 * @file Networks that others published, in the configuration JSON of ProxylessNAS and Once-for-All: lists of
 * `MobileInvertedResidualBlock`s with a `mobile_inverted_conv` and a `shortcut` each.
 */
import { z } from 'zod';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { firstProblem } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import { parseArchitecture } from './parse.ts';

/** The configuration does not say it; all of these networks were published for it. */
const publishedResolution = 224;

/** What is not named here says nothing about the network (`bias`, `has_shuffle`, `dropout_rate` …). */
const layer = {
  name: z.string(),
  act_func: z.string().nullish(),
  use_se: z.boolean().nullish(),
  dilation: z.number().nullish(),
};
const count = z.number().int().positive();

const convSchema = z.looseObject({ ...layer, kernel_size: count, stride: count.nullish(), out_channels: count });

const blockLayerSchema = z.discriminatedUnion('name', [
  z.looseObject({
    ...layer,
    name: z.literal('MBInvertedConvLayer'),
    in_channels: count,
    out_channels: count,
    kernel_size: count,
    stride: count,
    expand_ratio: z.number().positive().nullish(),
    /** hidden width, in place of the ratio */
    mid_channels: count.nullish(),
  }),
  z.looseObject({ name: z.literal('ZeroLayer') }),
]);

const publishedSchema = z.looseObject({
  first_conv: convSchema,
  blocks: z.array(
    z.looseObject({
      mobile_inverted_conv: blockLayerSchema.nullable(),
      shortcut: z.looseObject({ name: z.enum(['IdentityLayer', 'ZeroLayer']) }).nullable(),
    }),
  ),
  final_expand_layer: z.unknown().optional(),
  feature_mix_layer: convSchema.nullable(),
  classifier: z.looseObject({ out_features: count }),
});

type Published = z.infer<typeof publishedSchema>;
type PublishedBlock = Published['blocks'][number];

/** Whether `json` is such a configuration, be it a sound one or not. */
export function isPublishedConfiguration(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'first_conv' in json && 'blocks' in json;
}

/**
 * The architecture of a published configuration, for 224 pixels.
 * @throws FastpathError `architecture.invalid`, `architecture.unsupported` where a layer has no equal here
 */
export function architectureOfPublished(json: unknown): Architecture {
  const parsed = publishedSchema.safeParse(json);
  if (!parsed.success)
    throw new FastpathError('architecture.invalid', firstProblem('configuration', parsed.error, json));
  const { first_conv: first, blocks, feature_mix_layer: mix, classifier, final_expand_layer: expand } = parsed.data;
  requirePlain('first_conv', first);
  if (expand != null) throw unsupported('final_expand_layer', 'a layer behind the blocks');
  if (mix === null) throw unsupported('feature_mix_layer', 'a network without one');
  requirePlain('feature_mix_layer', mix);
  if (mix.kernel_size !== 1) throw unsupported('feature_mix_layer', `kernel ${mix.kernel_size}`);
  return parseArchitecture({
    format: 'fastpath.architecture/1',
    resolution: publishedResolution,
    classes: classifier.out_features,
    stem: { kernel: first.kernel_size, stride: first.stride ?? 1, channels: first.out_channels },
    blocks: blocks.flatMap(blockOf),
    head: { channels: mix.out_channels },
  });
}

/** None for a block that is the identity. */
function blockOf({ mobile_inverted_conv: conv, shortcut }: PublishedBlock, i: number): MbconvBlock[] {
  const place = `block ${i + 1}`;
  const isShortcut = shortcut?.name === 'IdentityLayer';
  if (conv === null || conv.name === 'ZeroLayer') {
    if (isShortcut) return [];
    throw unsupported(place, 'a ZeroLayer without shortcut');
  }
  requirePlain(place, conv);
  const { kernel_size: kernel, stride, in_channels: input, out_channels: out, mid_channels: hidden } = conv;
  const expansion = hidden == null ? conv.expand_ratio : hidden / input;
  if (expansion == null) throw unsupported(place, 'a block with neither expand_ratio nor mid_channels');
  return [{ op: 'mbconv', kernel, expansion, stride, in: input, out, shortcut: isShortcut } as MbconvBlock];
}

function requirePlain(
  place: string,
  { act_func: activation, use_se: se, dilation }: z.infer<z.ZodObject<typeof layer>>,
) {
  if (se === true) throw unsupported(place, 'squeeze-and-excitation');
  if (activation != null && activation !== 'relu6') throw unsupported(place, `activation ${activation}`);
  if (dilation != null && dilation !== 1) throw unsupported(place, `dilation ${dilation}`);
}

function unsupported(place: string, what: string): FastpathError {
  return new FastpathError('architecture.unsupported', `configuration: ${place}: ${what} has no equal here`);
}
