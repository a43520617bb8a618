/** @file Shapes behind windows that move over a map: of convolutions and pools. */
import { shown } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import type { ModelNode } from './read-model.ts';
import { int, type Rule } from './shape-rule.ts';

/** of pixels: no window is near it, and all arithmetic stays finite below it */
const mostPixels = 1e6;

/** @throws FastpathError `onnx.shape` where a window has no size, stands still or runs backwards */
function checkWindow(node: ModelNode): void {
  for (const name of ['kernel_shape', 'strides', 'dilations']) {
    const own = node.attributes.get(name)?.ints ?? [];
    if (!own.every((pixels) => pixels >= 1 && pixels <= mostPixels)) throw impossible(node, `${name} ${shown(own)}`);
  }
}

function impossible({ op, outputs }: ModelNode, what: string): FastpathError {
  const maker = `${op} that makes ${shown(outputs[0] ?? '')}`;
  return new FastpathError('onnx.shape', `${maker} has ${what}: no network has such an operator`);
}

/** Output side of a window moved over `side` pixels. */
function windowed(node: ModelNode, spatial: readonly number[], kernel: readonly number[]): number[] | null {
  const count = spatial.length;
  const list = (name: string, otherwise: number) =>
    node.attributes.get(name)?.ints ?? new Array<number>(count).fill(otherwise);
  const [strides, dilations, pads] = [list('strides', 1), list('dilations', 1), node.attributes.get('pads')?.ints];
  const auto = node.attributes.get('auto_pad')?.text ?? 'NOTSET';
  const round = int(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  const sides = spatial.map((side, i) => {
    const stride = strides[i] ?? 1;
    if (auto.startsWith('SAME')) return Math.ceil(side / stride);
    const reach = (kernel[i]! - 1) * (dilations[i] ?? 1) + 1;
    const padded = side + (auto === 'VALID' ? 0 : (pads?.[i] ?? 0) + (pads?.[i + count] ?? 0));
    return round((padded - reach) / stride) + 1;
  });
  return sides.every((side) => side > 0) ? sides : null;
}

export const conv: Rule = (node, [x, w]) => {
  checkWindow(node);
  if (x == null || w == null || x.dims.length < 3 || w.dims.length !== x.dims.length) return [null];
  const [images, channels, ...spatial] = x.dims as [number, number, ...number[]];
  const [out, , ...kernel] = w.dims as [number, number, ...number[]];
  const groups = int(node, 'group', 1);
  const shared = (count: number) => groups > 0 && count > 0 && count % groups === 0;
  if (!shared(channels) || !shared(out)) {
    throw impossible(node, `${groups} groups for ${channels} and ${out} channels`);
  }
  const sides = windowed(node, spatial, kernel);
  return [sides && { dims: [images, out, ...sides] }];
};

export const pool: Rule = (node, [x]) => {
  checkWindow(node);
  const kernel = node.attributes.get('kernel_shape')?.ints;
  if (x == null || kernel === undefined || x.dims.length !== kernel.length + 2) return [null];
  const [images, channels, ...spatial] = x.dims as [number, number, ...number[]];
  const sides = windowed(node, spatial, kernel);
  return [sides && { dims: [images, channels, ...sides] }];
};
