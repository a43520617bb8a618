/** @file The pictures of a finished search. */

import { architectureSvg } from '../../shared/picture/architecture-svg.ts';
import { curvesSvg } from '../../shared/picture/curves-svg.ts';
import { paretoSvg } from '../../shared/picture/pareto-svg.ts';
import { pathsSvg } from '../../shared/picture/paths-svg.ts';
import { blockName, candidateLabel, pathToArchitecture } from '../../shared/space/path.ts';
import type { SearchSetup } from './setup.ts';
import type { CurvePoint, SearchOutcome } from './state.ts';

/** SVG documents by file name. */
export function searchPictures(setup: SearchSetup, outcome: SearchOutcome): Record<string, string> {
  const { plan, devices } = setup;
  const { model, cost, budgetMs } = devices[0]!;
  const { path, curve, pareto } = outcome;
  const architecture = pathToArchitecture(plan, path);
  const hardware = model.hardware.id;
  const { latencyUs } = model.predict(architecture);
  const blocksMs = cost.blocks.map((candidates, i) => candidates[path[i]!]! / 1000);
  const chosen = pareto.findIndex((point) => point.path.join() === path.join());
  const title = `${plan.space} for ${hardware}`;
  return {
    'architecture.svg': architectureSvg({
      plan,
      path,
      architecture,
      title: `${title}: ${(latencyUs / 1000).toPrecision(3)} ms of ${budgetMs} ms`,
      latency: { hardware, blocksMs, fixedMs: cost.fixed / 1000 },
    }),
    'paths.svg': pathsSvg({
      title: `${title}: how each choice was made`,
      blocks: plan.blocks.map((block) => ({
        name: blockName(block),
        candidates: block.candidates.map(candidateLabel),
      })),
      history: curve,
      chosen: path,
    }),
    'pareto.svg': paretoSvg({
      title: `${title}: other budgets from the same supernet`,
      hardware,
      points: pareto.map(({ latencyMs, logProbability, supernetTop1 }) => ({
        latencyMs,
        meanLogProbability: logProbability / plan.blocks.length,
        accuracy: supernetTop1,
      })),
      chosen: chosen < 0 ? null : chosen,
      budgetMs,
    }),
    'curves.svg': curvesSvg({ title: `${title}: the search`, panels: curvePanels(setup, curve) }),
  };
}

function curvePanels({ devices }: SearchSetup, curve: readonly CurvePoint[]) {
  const series = (name: string, value: (point: CurvePoint) => number | null) => ({
    name,
    points: curve.flatMap((point) => {
      const y = value(point);
      return y === null ? [] : [{ step: point.step, value: y }];
    }),
  });
  return [
    {
      title: 'loss, nats',
      series: [
        series('training, smoothed labels', ({ trainingLoss }) => trainingLoss),
        series('validation', ({ validationLoss }) => validationLoss),
      ],
    },
    {
      title: 'validation accuracy of the sampled path, %',
      series: [series('accuracy', ({ validationAccuracy }) => validationAccuracy && validationAccuracy * 100)],
    },
    ...devices.map(({ model, budgetMs }, k) => ({
      title: `expected latency on ${model.hardware.id}, ms`,
      series: [series('expected', ({ expectedCosts }) => expectedCosts[k]! / 1000)],
      reference: { name: 'budget', value: budgetMs },
    })),
  ];
}
