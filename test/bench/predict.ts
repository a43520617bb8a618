/**
 * @file Speed and size of latency predictions: the evaluator in a loop, the service's handler on one large request, its
 * bundle, its first answer in a fresh process, and its requests per second beside a bare server.
 *
 *     npx tsx test/bench/predict.ts [--quick] [--out FILE]
 */
import { predictApp } from '../../functions/predict/app.ts';
import { readStream } from '../../functions/predict/body.ts';
import { onnxAnswer } from '../../functions/predict/onnx-answer.ts';
import { anyone, publicModels, unmetered } from '../../functions/predict/public-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { PartNumbering } from '../../shared/latency/part-numbering.ts';
import { bundleSizes, firstAnswers } from './predict-bundle.ts';
import { loadRows } from './predict-load.ts';
import { deviceModels, randomNetworks, requestBody } from './predict-models.ts';
import { benchArguments, type Measurement, report } from './report.ts';
import { median, quantile } from './step-timing.ts';

const { quick, out } = benchArguments();
/** shared directions of error in the models: about what keeps one under 20 KB times four */
const factors = 8;

const rows = [
  ...evaluator(),
  ...(await handler()),
  ...(await bundleSizes()),
  ...(await firstAnswers(quick ? 5 : 25)),
  ...(await loadRows(quick ? { rounds: 2, seconds: 2 } : { rounds: 5, seconds: 5 })),
];
report({ bench: 'predict', rows, backend: 'no backend: plain JavaScript', out });

function evaluator(): Measurement[] {
  const networks = randomNetworks(1000);
  const model = new FittedLatencyModel(deviceModels(1, factors)[0]!);
  const numbering = new PartNumbering();
  const numbers = new Int32Array(networks.reduce((room, own) => room + own.blocks.length + 3, 0));
  const ends = new Int32Array(networks.length);
  const encode = () => {
    for (let i = 0, at = 0; i < networks.length; i++) {
      at = numbering.write(networks[i]!, true, numbers, at);
      ends[i] = at;
    }
  };
  encode();
  const costs = model.costsOf(numbering);
  const start = (i: number) => (i === 0 ? 0 : ends[i - 1]!);
  let sink = 0;
  const means = perNetwork(networks.length, (i) => {
    sink += costs.meanUs(numbers, start(i), ends[i]!);
  });
  const intervals = perNetwork(networks.length, (i) => {
    const meanUs = costs.meanUs(numbers, start(i), ends[i]!);
    sink += costs.reachUs(numbers, start(i), ends[i]!, meanUs);
  });
  const raw = perNetwork(networks.length, (i) => {
    sink += model.meanUs(networks[i]!);
  });
  const whole = perNetwork(networks.length, (i) => {
    sink += model.predict(networks[i]!).highUs;
  });
  if (!Number.isFinite(sink)) throw new Error('predictions are not finite');
  const target = { atMost: 1 };
  const note = `${factors} factors; architectures encoded as part numbers beforehand`;
  return [
    { name: 'mean', value: median(means), unit: 'us/network', target, note: spread(means) },
    { name: 'mean and interval', value: median(intervals), unit: 'us/network', target: { atMost: 10 }, note },
    { name: 'mean from raw architecture', value: median(raw), unit: 'us/network', target, note: spread(raw) },
    {
      name: 'interval, flags, every part, from raw',
      value: median(whole),
      unit: 'us/network',
      note: `predict(): names and signatures are most of it; ${spread(whole)}`,
    },
  ];
}

/** Microseconds a network of each pass over all of them. */
function perNetwork(count: number, each: (i: number) => void): number[] {
  const passes = quick ? 60 : 300;
  const times = Array.from({ length: passes }, () => {
    const from = performance.now();
    for (let i = 0; i < count; i++) each(i);
    return ((performance.now() - from) * 1e3) / count;
  });
  return times.slice(passes / 3);
}

/** One request of 1,000 networks × 10 devices: body read, JSON parsed, checked, predicted, written. */
async function handler(): Promise<Measurement[]> {
  const models = publicModels(deviceModels(10, factors));
  const app = predictApp({ models, authorize: anyone, meter: unmetered, readBody: readStream, onnx: onnxAnswer });
  const rows: Measurement[] = [];
  for (const interval of [false, true]) {
    const body = requestBody(1000, 10, interval);
    const times: number[] = [];
    const cpuTimes: number[] = [];
    const parses: number[] = [];
    for (let i = 0; i < (quick ? 30 : 100); i++) {
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      const from = performance.now();
      const cpuFrom = cpuMs();
      const response = await app.request('/v1/latency', request);
      await response.text();
      times.push(performance.now() - from);
      cpuTimes.push(cpuMs() - cpuFrom);
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const parseFrom = performance.now();
      JSON.parse(body);
      parses.push(performance.now() - parseFrom);
    }
    rows.push({
      name: `1,000 networks × 10 devices, ${interval ? 'with intervals' : 'means'}`,
      value: median(times),
      unit: 'ms',
      target: { atMost: interval ? 120 : 20 },
      baseline: median(parses),
      note: `baseline: JSON.parse of the same ${(body.length / 1e6).toFixed(1)} MB; ${spread(times)}; CPU ms ${median(cpuTimes).toFixed(1)}`,
    });
  }
  return rows;
}

/** Of all threads of this process: what a busy machine leaves comparable. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function spread(times: readonly number[]): string {
  return `fastest ${Math.min(...times).toFixed(2)}, quartiles ${[0.25, 0.75].map((q) => quantile(times, q).toFixed(2)).join(' to ')}`;
}
