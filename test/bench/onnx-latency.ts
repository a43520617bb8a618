/**
 * @file Predictions for well-known networks as ONNX models against the clock of this machine:
 * `npm run bench:onnx-latency -- [--quick] [--out FILE]`. None of the networks is in what the model was fitted to. On a
 * processor whose operators were not measured there is no target.
 */

import { openRunner } from '../../functions/local/measure/open-runner.ts';
import { processorName, whilePinned } from '../../functions/local/measure/processors.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { visits } from '../../shared/latency/measuring/method.ts';
import { type Sitting, scheduleProbes } from '../../shared/latency/measuring/schedule.ts';
import { runSession } from '../../shared/latency/measuring/session.ts';
import { steadied } from '../../shared/latency/measuring/steady.ts';
import type { LatencyPrediction } from '../../shared/latency/model.ts';
import { median } from '../../shared/latency/statistics.ts';
import { networkPredictor } from '../../shared/onnx/predict-network.ts';
import { readNetwork } from '../../shared/onnx/read-network.ts';
import { wellKnownNetworks, wellKnownOnnx } from './networks/well-known.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const hardware = 'intel-xeon-amx-ort-1t';
/** as the system names the processor that the shipped operators were measured on */
const measuredOn = 'Intel Xeon';
const quickNetworks = ['MobileNetV1', 'MobileNetV2', 'ShuffleNetV2 1.0', 'ResNet-18'];

interface Compared {
  name: string;
  measuredUs: number;
  predicted: LatencyPrediction;
  /** by sizes alone, as where operators were never timed */
  roughUs: number;
}

const { quick, out } = benchArguments();
const names = quick ? quickNetworks : Object.keys(wellKnownNetworks);
const target = processorName() === measuredOn && !quick;
const compared = await compare(names, quick ? 6 : 30);
report({ bench: 'onnx-latency', rows: rowsOf(compared, target), backend: `${hardware}, one thread`, out });

async function compare(names: readonly string[], rounds: number): Promise<Compared[]> {
  const model = new FittedLatencyModel(findLatencyModel(hardware));
  const { operators: _, ...withoutOperators } = model.data;
  const rough = new FittedLatencyModel(withoutOperators);
  const probes = names.map((name) => ({ key: name, whole: true, write: () => wellKnownOnnx(name) }));
  const measuredUs = await timed(scheduleProbes(probes, { rounds, seed: 1 }));
  return probes.map(({ key, write }) => {
    const predict = networkPredictor(readNetwork(write()));
    const roughUs = predict(rough).latencyUs;
    return { name: key, measuredUs: measuredUs.get(key)!, predicted: predict(model), roughUs };
  });
}

async function timed(schedule: readonly Sitting[]): Promise<Map<string, number>> {
  const samplesUs: number[] = [];
  const runner = await openRunner({ runtime: 'onnxruntime', threads: 1 });
  const quiet = { stopped: () => false, visited: () => {}, save: async () => {} };
  try {
    await whilePinned(1, () => runSession(schedule, samplesUs, runner, visits, quiet));
  } finally {
    await runner.close();
  }
  return new Map([...steadied(schedule, samplesUs)].map(([key, us]) => [key, median(us)]));
}

function rowsOf(all: readonly Compared[], target: boolean): Measurement[] {
  const error = ({ measuredUs, predicted }: Compared) => predicted.latencyUs / measuredUs - 1;
  const roughError = ({ measuredUs, roughUs }: Compared) => roughUs / measuredUs - 1;
  const within = (share: number, of: typeof error) =>
    all.filter((one) => Math.abs(of(one)) <= share).length / all.length;
  const inside = all.filter(({ measuredUs, predicted }) => {
    return measuredUs >= predicted.lowUs && measuredUs <= predicted.highUs;
  });
  const mean = all.reduce((sum, one) => sum + Math.abs(error(one)), 0) / all.length;
  const sizes = 'baseline: by sizes alone, no operator timed';
  return [
    ...all.map((one) => ({
      name: one.name,
      value: one.predicted.latencyUs / 1000,
      unit: 'ms',
      baseline: one.measuredUs / 1000,
      note: `baseline: measured; ${(100 * error(one)).toFixed(1)} %${one.predicted.flags.length > 0 ? ', flagged' : ''}`,
    })),
    {
      name: 'within ±10 %',
      value: 100 * within(0.1, error),
      unit: '%',
      ...(target && { target: { atLeast: 75 } }),
      baseline: 100 * within(0.1, roughError),
      note: sizes,
    },
    {
      name: 'within ±20 %',
      value: 100 * within(0.2, error),
      unit: '%',
      baseline: 100 * within(0.2, roughError),
      note: sizes,
    },
    { name: 'mean absolute error', value: 100 * mean, unit: '%' },
    { name: '90 % interval covers', value: (100 * inside.length) / all.length, unit: '%' },
  ];
}
