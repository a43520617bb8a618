/** @file Which colour a candidate has, in every picture alike: hue by kernel, shade by expansion, grey for `zero`. */
import type { Candidate } from '../contract/space.ts';
import { shadesPerHue } from './style.ts';

/** Spreads ranks 0 … of-1 over the shades; a single one gets the middle. */
function shade(rank: number, of: number): number {
  if (of <= 1) return 1;
  const last = of === 2 ? 1 : shadesPerHue - 1;
  return Math.round((rank / (of - 1)) * last);
}

/** The class of a convolution of this kernel and expansion, among the expansions the picture shows. */
export function convolutionClass(kernel: number, expansion: number, expansions: readonly number[]): string {
  const hue = [3, 5, 7].includes(kernel) ? `k${kernel}` : 'other';
  const known = [...new Set([...expansions, expansion])].sort((a, b) => a - b);
  return `${hue}-${shade(known.indexOf(expansion), known.length)}`;
}

export const expansionsOf = (candidates: Iterable<Candidate>): number[] =>
  [...new Set([...candidates].flatMap((c) => (c.op === 'mbconv' ? [c.expansion] : [])))].sort((a, b) => a - b);

/**
 * Classes for candidates known by name only, such as `mbconv k5 e6`, `mbconv-k5-e6` or `zero`; names of another form
 * share the remaining hue.
 */
export function classesByName(names: Iterable<string>): Map<string, string> {
  const distinct = [...new Set(names)];
  const parsed = distinct.map((name) => {
    const match = /k(\d+)[^\d]+?e(\d+(?:\.\d+)?)$/.exec(name);
    return { name, kernel: Number(match?.[1]), expansion: Number(match?.[2]), isConvolution: match !== null };
  });
  const expansions = parsed.filter((each) => each.isConvolution).map((each) => each.expansion);
  const others = parsed.filter((each) => !each.isConvolution && each.name !== 'zero').map((each) => each.name);
  return new Map(
    parsed.map(({ name, kernel, expansion, isConvolution }) => {
      if (name === 'zero') return [name, 'skipped-share'];
      if (isConvolution) return [name, convolutionClass(kernel, expansion, expansions)];
      return [name, `other-${others.indexOf(name) % shadesPerHue}`];
    }),
  );
}
