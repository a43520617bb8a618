/** @file The network that is edited among those that searches found and that others published, for the same images. */
import { baselinesFor } from '../../../shared/comparison/baselines.ts';
import { type ComparedNetwork, compareNetworks } from '../../../shared/comparison/compare.ts';
import type { Comparison } from '../../../shared/contract/comparison.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { count, milliseconds, percent } from '../../../shared/format.ts';
import type { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { type ScatterPoint, scatter } from '../../../shared/picture/scatter.ts';
import { Chart, TableBehind } from '../chart.tsx';
import type { Design } from './design.ts';

type Network = Comparison['networks'][number];

/** Of the network that is edited. */
const edited = 'this one';

/** By accuracy where one is known, or else by size. */
export function Pareto(props: { design: Design; model: FittedLatencyModel; results: readonly ComparedNetwork[] }) {
  const { model } = props;
  const { networks, notes } = compared(props);
  const known = networks.filter(({ accuracy }) => accuracy !== null);
  const byAccuracy = known.length > 0;
  const xOf = ({ latency }: Network) => latency[0]!.latencyMs;
  const shown = byAccuracy ? known : networks;
  const itself = networks.find(({ name }) => name === edited);
  return (
    <Chart
      name="pareto"
      svg={scatter({
        title: `Networks by ${byAccuracy ? 'accuracy' : 'size'} and latency on ${model.hardware.id}`,
        xName: 'Predicted latency, ms',
        yName: byAccuracy ? 'Top-1 accuracy, %' : 'Multiply-adds, millions',
        // Nobody knows yet how accurate the edited network is.
        mark: byAccuracy && itself !== undefined ? { name: edited, x: xOf(itself) } : null,
        points: shown.map((network) => ({
          name: network.name,
          x: xOf(network),
          y: byAccuracy ? 100 * network.accuracy!.top1 : network.macs / 1e6,
          kind: kindOf(network),
        })),
      })}
    >
      <p class="hint">{hint(byAccuracy)}</p>
      {notes.map((note) => (
        <p class="hint">Note: {note}.</p>
      ))}
      <TableBehind
        name="pareto"
        table={{
          head: ['Network', 'Latency', 'Accuracy', 'Of', 'Multiply-adds', 'Parameters', 'Kind'],
          rows: networks.map((network) => [
            network.name,
            milliseconds(xOf(network)),
            network.accuracy === null ? '–' : percent(network.accuracy.top1),
            network.accuracy?.of ?? '–',
            count(network.macs),
            count(network.parameters),
            { chosen: 'edited', found: 'found', baseline: 'baseline' }[kindOf(network)],
          ]),
        }}
      />
    </Chart>
  );
}

/** Those for the same images that the device's latency is known for. */
function compared(props: Parameters<typeof Pareto>[0]): Comparison {
  const { architecture } = props.design;
  const alike = props.results.filter(
    (each) =>
      each.architecture.resolution === architecture.resolution && each.architecture.classes === architecture.classes,
  );
  const networks: ComparedNetwork[] = [
    { name: edited, architecture, accuracy: null, baseline: false },
    ...alike,
    ...baselinesFor(architecture),
  ];
  const timed = networks.filter((network) => isKnown(props.model, network));
  return compareNetworks(timed, [props.model]);
}

function isKnown(model: FittedLatencyModel, { architecture }: ComparedNetwork): boolean {
  try {
    model.predict(architecture);
    return true;
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    return false;
  }
}

function kindOf({ name, baseline }: Network): ScatterPoint['kind'] {
  if (name === edited) return 'chosen';
  return baseline ? 'baseline' : 'found';
}

function hint(byAccuracy: boolean): string {
  const shapes = 'Rings are what your searches found, squares are baselines; the line joins what nothing else beats.';
  return byAccuracy
    ? `${shapes} Networks whose accuracy nobody knows are in the table only.`
    : `${shapes} No accuracy is known for images of this size and as many classes.`;
}
