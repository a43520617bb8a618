/** @file What rules for shapes are made of. */
import type { ModelNode } from './read-model.ts';

export interface Known {
  dims: readonly number[];
  /** of small tensors that say shapes; `modelLimits.smallTensor` of them at most */
  values: readonly number[] | null;
}

export type Inferred = { dims: readonly number[]; values?: readonly number[] | null } | null;

/**
 * What it gives is checked behind it: dims may be impossible, but are no longer than two inputs' or a small tensor's.
 * @param x the node's inputs; null where one is left out or nothing is known of it
 */
export type Rule = (node: ModelNode, x: readonly (Known | null)[]) => Inferred[];

export const int = (node: ModelNode, name: string, otherwise: number) => node.attributes.get(name)?.int ?? otherwise;
export const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);
export const size = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);
