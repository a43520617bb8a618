/** @file The latency model that came out, as the networks that were timed: measured, predicted, and the interval. */
import { layersOf } from '../../../../shared/architecture/layers.ts';
import type { Measurement } from '../../../../shared/contract/api/measurements.ts';
import type { ServedPlan } from '../../../../shared/contract/api/measuring-plan.ts';
import type { LatencyModelData } from '../../../../shared/contract/latency-model.ts';
import { count, milliseconds } from '../../../../shared/format.ts';
import { FittedLatencyModel } from '../../../../shared/latency/fitted-model.ts';
import { intervalChart } from './interval-chart.ts';
import { element } from './view.ts';

export interface Shown {
  name: string;
  measuredMs: number;
  predictedMs: number;
  lowMs: number;
  highMs: number;
}

/** The timed networks under the model, fastest first. */
export function shownNetworks(plan: ServedPlan, measurements: readonly Measurement[], data: LatencyModelData): Shown[] {
  const model = new FittedLatencyModel(data);
  const times = measurements.filter(({ architecture }) => architecture !== undefined);
  return plan.networks
    .map(({ architecture }, i) => {
      const { latencyUs, lowUs, highUs } = model.predict(architecture);
      const macs = layersOf(architecture).reduce((sum, layer) => sum + layer.macs, 0);
      return {
        name: count(macs),
        measuredMs: times[i]!.latencyMs,
        predictedMs: latencyUs / 1e3,
        lowMs: lowUs / 1e3,
        highMs: highUs / 1e3,
      };
    })
    .sort((a, b) => a.measuredMs - b.measuredMs);
}

export function showResult({ hardware, trainedOn }: LatencyModelData, networks: readonly Shown[]): void {
  element('hardware-name').textContent = hardware.name;
  element('hardware-id').textContent = hardware.id;
  const others = trainedOn.sources.length;
  element('learnt').textContent =
    `Learnt from ${trainedOn.blocks} parts and ${trainedOn.networks} whole networks timed here` +
    (others === 0 ? '.' : `, and from ${others} other devices.`);
  element('chart').replaceChildren(intervalChart(networks));
  element('rows').replaceChildren(...networks.map(row));
}

function row({ name, measuredMs, predictedMs, lowMs, highMs }: Shown): HTMLTableRowElement {
  const made = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  const cells = [
    milliseconds(measuredMs),
    milliseconds(predictedMs),
    `${milliseconds(lowMs)} to ${milliseconds(highMs)}`,
  ];
  made.append(
    head,
    ...cells.map((text) => {
      const cell = document.createElement('td');
      cell.textContent = text;
      return cell;
    }),
  );
  return made;
}
