/** @file The picture of a finished training. */
import { curvesSvg } from '../../shared/picture/curves-svg.ts';
import type { TrainingState } from './state.ts';

/** Loss and accuracy by epoch, as an SVG document. */
export function trainingCurves(title: string, { curve, best }: TrainingState): string {
  const points = (value: (point: TrainingState['curve'][number]) => number) =>
    curve.map((point) => ({ step: point.step, value: value(point) }));
  return curvesSvg({
    title,
    panels: [
      {
        title: 'loss, nats',
        series: [
          { name: 'training batch', points: points(({ trainingLoss }) => trainingLoss) },
          { name: 'validation', points: points(({ validationLoss }) => validationLoss) },
        ],
      },
      {
        title: 'validation accuracy, %',
        series: [{ name: 'top-1', points: points(({ validationAccuracy }) => 100 * validationAccuracy) }],
        ...(best === null ? {} : { reference: { name: `kept, step ${best.step}:`, value: 100 * best.top1 } }),
      },
    ],
  });
}
