/** @file Which input resolutions fit a network's strides. */

/**
 * Why `resolution` does not fit, with the nearest that do, or null where it fits: it has to be a multiple of the total
 * stride, so that every stage halves its input exactly.
 */
export function resolutionProblem(resolution: number, totalStride: number): string | null {
  if (resolution >= totalStride && resolution % totalStride === 0) return null;
  const below = Math.floor(resolution / totalStride) * totalStride;
  const fitting = below >= totalStride ? `${below} or ${below + totalStride}` : `${totalStride}`;
  return `resolution ${resolution} is not a multiple of the total stride ${totalStride}: use ${fitting}`;
}
