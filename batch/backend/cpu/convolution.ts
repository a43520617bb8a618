/** @file Reference convolutions in plain loops: the definition the fast kernels are tested against. */
import type { Geometry } from '../geometry.ts';

/** Calls `visit` with the flat index of each (input, output, filter) triple that a dense convolution multiplies. */
export function eachDenseTerm(g: Geometry, visit: (input: number, output: number, filter: number) => void): void {
  eachWindowTerm(g, (inputPixel, outputPixel, tap) => {
    for (let i = 0; i < g.inChannels; i++) {
      for (let o = 0; o < g.outChannels; o++) {
        visit(
          inputPixel * g.inChannels + i,
          outputPixel * g.outChannels + o,
          (tap * g.inChannels + i) * g.outChannels + o,
        );
      }
    }
  });
}

/** The same for a depthwise convolution, where channel c meets channel c alone. */
export function eachDepthwiseTerm(g: Geometry, visit: (input: number, output: number, filter: number) => void): void {
  const c = g.inChannels;
  eachWindowTerm(g, (inputPixel, outputPixel, tap) => {
    for (let i = 0; i < c; i++) visit(inputPixel * c + i, outputPixel * c + i, tap * c + i);
  });
}

/** Pairs each output pixel with the input pixels under the filter's taps, padding left out. */
function eachWindowTerm(g: Geometry, visit: (inputPixel: number, outputPixel: number, tap: number) => void): void {
  for (let n = 0; n < g.batch; n++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      for (let ox = 0; ox < g.outWidth; ox++) {
        for (let ky = 0; ky < g.kernelHeight; ky++) {
          for (let kx = 0; kx < g.kernelWidth; kx++) {
            const y = oy * g.strideY + ky - g.padTop;
            const x = ox * g.strideX + kx - g.padLeft;
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue;
            const outputPixel = (n * g.outHeight + oy) * g.outWidth + ox;
            visit((n * g.height + y) * g.width + x, outputPixel, ky * g.kernelWidth + kx);
          }
        }
      }
    }
  }
}
