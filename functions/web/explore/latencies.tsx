/** @file What one network costs: on every device at once, and block by block on one of them. */
import { describe } from '../../../shared/architecture/describe.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { bytes, count, milliseconds } from '../../../shared/format.ts';
import type { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import type { LatencyPrediction } from '../../../shared/latency/model.ts';
import { rows } from '../../../shared/picture/bars.ts';
import { Chart, TableBehind } from '../chart.tsx';
import { type Fact, FactList } from '../fact-list.tsx';
import { sentence } from '../trouble.tsx';
import type { Design } from './design.ts';

type Predicted = { model: FittedLatencyModel } & ({ prediction: LatencyPrediction } | { trouble: string });

function predict(model: FittedLatencyModel, { architecture }: Design): Predicted {
  try {
    return { model, prediction: model.predict(architecture) };
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    return { model, trouble: error.message };
  }
}

export function Costs({ design }: { design: Design }) {
  const { macs, parameters, peakActivationBytes } = describe(design.architecture);
  const facts: Fact[] = [
    ['Multiply-adds', count(macs)],
    ['Parameters', count(parameters)],
    ['Peak activation memory', bytes(peakActivationBytes)],
  ];
  return <FactList facts={facts} />;
}

export function Devices({ design, models }: { design: Design; models: readonly FittedLatencyModel[] }) {
  const predicted = models.map((model) => predict(model, design));
  const known = predicted.flatMap((each) => ('prediction' in each ? [each] : []));
  return (
    <Chart
      name="devices"
      svg={rows({
        title: 'Predicted latency on each device',
        unit: 'ms',
        bars: known.map(({ model, prediction }) => ({
          name: model.hardware.id,
          value: prediction.latencyUs / 1e3,
        })),
      })}
    >
      <TableBehind
        name="devices"
        table={{
          head: ['Device', 'Latency', 'Nine in ten between', 'What makes it weaker'],
          rows: predicted.map((each) => {
            const { id } = each.model.hardware;
            if ('trouble' in each) return [id, '–', '–', sentence(each.trouble)];
            const { latencyUs, lowUs, highUs, flags } = each.prediction;
            const between = `${milliseconds(lowUs / 1e3)} and ${milliseconds(highUs / 1e3)}`;
            return [id, milliseconds(latencyUs / 1e3), between, flags.join('; ')];
          }),
        }}
      />
    </Chart>
  );
}

export function Blocks({ design, model }: { design: Design; model: FittedLatencyModel }) {
  const predicted = predict(model, design);
  if ('trouble' in predicted) return <p class="trouble">{sentence(predicted.trouble)}</p>;
  const { blocks } = predicted.prediction;
  const parts = [{ name: 'call', latencyUs: model.overheadUs, signature: 'call' }, ...blocks];
  return (
    <Chart
      name="blocks"
      svg={rows({
        title: `Block by block on ${model.hardware.id}`,
        unit: 'µs',
        bars: parts.map(({ name, latencyUs }) => ({ name, value: latencyUs })),
      })}
    >
      <TableBehind
        name="blocks"
        table={{
          head: ['Part', 'What it is', 'Latency, µs'],
          rows: parts.map(({ name, signature, latencyUs }) => [name, signature, latencyUs.toFixed(2)]),
        }}
      />
    </Chart>
  );
}
