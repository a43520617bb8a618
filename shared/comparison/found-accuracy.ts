/** @file What is known of the accuracy of a network that a search found. */
import type { FoundArchitecture } from '../contract/api/architectures.ts';
import type { KnownAccuracy } from '../contract/comparison.ts';
import { metricsSchema, paretoSchema } from '../contract/result.ts';
import { accuracyOf } from './compare.ts';

const pointSchema = paretoSchema.shape.points.element.omit({ architecture: true });

/** @param metrics as the search wrote them: `metrics.json` of its result, or a point of `pareto.json` */
export function foundAccuracy(role: FoundArchitecture['role'], metrics: unknown): KnownAccuracy | null {
  if (role === 'result') {
    const { data } = metricsSchema.safeParse(metrics);
    return data === undefined ? null : accuracyOf(data);
  }
  const top1 = pointSchema.safeParse(metrics).data?.supernetTop1 ?? null;
  return top1 === null ? null : { top1, of: "validation images, the supernet's weights" };
}
