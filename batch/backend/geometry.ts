/** @file Shapes and padding of a convolution, shared by all backends. Images are [batch, height, width, channels]. */
import { FastpathError } from '../../shared/errors.ts';

export interface Geometry {
  batch: number;
  height: number;
  width: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  outChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  strideY: number;
  strideX: number;
  padTop: number;
  padLeft: number;
}

/**
 * Geometry of a convolution padded by kernel >> 1 on each side.
 * @param xShape [n, h, w, cin]
 * @param wShape [kh, kw, cin, cout], or [kh, kw, c, 1] when `depthwise`
 * @throws FastpathError `backend.shape` when ranks, channels or stride do not fit
 */
export function symmetricGeometry(
  xShape: readonly number[],
  wShape: readonly number[],
  stride: number,
  depthwise = false,
): Geometry {
  if (xShape.length !== 4 || wShape.length !== 4) {
    throw shapeError(`images [n,h,w,c] and a filter of rank 4, got [${xShape}] and [${wShape}]`);
  }
  if ([...xShape, ...wShape].some((size) => size < 1))
    throw shapeError(`no empty axis, got [${xShape}] and [${wShape}]`);
  const [batch, height, width, inChannels] = xShape as [number, number, number, number];
  const [kernelHeight, kernelWidth, filterChannels, last] = wShape as [number, number, number, number];
  if (filterChannels !== inChannels) throw shapeError(`${inChannels} filter channels, got [${wShape}]`);
  if (depthwise && last !== 1) throw shapeError(`a depthwise filter [kh,kw,c,1], got [${wShape}]`);
  if (!Number.isInteger(stride) || stride < 1) throw shapeError(`a stride of 1 or more, got ${stride}`);
  if (depthwise && stride > 2) throw shapeError(`a depthwise stride of 1 or 2, got ${stride}`);
  const padTop = kernelHeight >> 1;
  const padLeft = kernelWidth >> 1;
  const outHeight = Math.floor((height + 2 * padTop - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padLeft - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) throw shapeError(`images no smaller than the filter, got [${xShape}]`);
  return {
    batch,
    height,
    width,
    inChannels,
    outHeight,
    outWidth,
    outChannels: depthwise ? inChannels : last,
    kernelHeight,
    kernelWidth,
    strideY: stride,
    strideX: stride,
    padTop,
    padLeft,
  };
}

/** Shape [n, outHeight, outWidth, outChannels]. */
export function outputShape(g: Geometry): [number, number, number, number] {
  return [g.batch, g.outHeight, g.outWidth, g.outChannels];
}

/** Shape [n, height, width, inChannels]. */
export function inputShape(g: Geometry): [number, number, number, number] {
  return [g.batch, g.height, g.width, g.inChannels];
}

/** @throws FastpathError `backend.shape` unless both shapes are equal */
export function requireShape(what: string, actual: readonly number[], expected: readonly number[]): void {
  if (actual.length !== expected.length || actual.some((size, i) => size !== expected[i])) {
    throw shapeError(`${what} of shape [${expected}], got [${actual}]`);
  }
}

/** @throws FastpathError `backend.shape` unless the tensor has so many axes, none of them empty */
export function requireRank(what: string, { shape }: { shape: readonly number[] }, rank: number): void {
  if (shape.length !== rank || shape.some((size) => size < 1)) {
    throw shapeError(`${what} of ${rank} axes, none of them empty, got [${shape}]`);
  }
}

function shapeError(expected: string): FastpathError {
  return new FastpathError('backend.shape', `A network operation needs ${expected}; check the layer's shapes`);
}
