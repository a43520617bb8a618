/** @file The devices of the proof: this machine as three runtimes use it, each measured here and now. */
import { methodOf } from '../../../functions/local/measure/method.ts';
import { openRunner } from '../../../functions/local/measure/open-runner.ts';
import { pinProcess, processorName, whilePinned } from '../../../functions/local/measure/processors.ts';
import { hardwareOf, type RuntimeName } from '../../../functions/local/measure/request.ts';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { assembleTable } from '../../../shared/latency/measuring/assemble-table.ts';
import { visits } from '../../../shared/latency/measuring/method.ts';
import { planMeasuring } from '../../../shared/latency/measuring/plan.ts';
import { scheduleOf } from '../../../shared/latency/measuring/schedule.ts';
import { runSession, samplesByModel } from '../../../shared/latency/measuring/session.ts';
import { steadied } from '../../../shared/latency/measuring/steady.ts';
import { type Form, input, space } from './forms.ts';

export interface Device {
  /** of the stages' files; the hardware id says which machine it was */
  name: string;
  label: string;
  runtime: RuntimeName;
  threads: number;
}

/** The first is the one that other forms of search, proxy and memory are compared on. */
export const devices: readonly Device[] = [
  { name: 'ort-1t', label: 'ONNX Runtime, 1 thread', runtime: 'onnxruntime', threads: 1 },
  { name: 'chromium-wasm', label: 'TensorFlow.js in Chromium', runtime: 'browser', threads: 1 },
  { name: 'ort-2t', label: 'ONNX Runtime, 2 threads', runtime: 'onnxruntime', threads: 2 },
];

/** Starts from the first one's supernet, too. */
export const second = 1;
/** Has more threads than the first, and nothing else differs. */
export const parallel = 2;

const seed = 1;

/** Times every part of the space and some whole networks, pinned to as many processors as the device has threads. */
export function measureDevice({ runtime, threads }: Device, { measuring }: Form): Promise<LatencyTable> {
  const { networks, rounds } = measuring;
  const plan = planMeasuring('full', [{ space, resolution: input.resolution, networks }], seed);
  const schedule = scheduleOf(plan, { rounds, seed });
  const samplesUs: number[] = [];
  return whilePinned(threads, async () => {
    const affinity = await pinProcess(threads);
    const runner = await openRunner({ runtime, threads });
    try {
      const { clockStepUs, webAssembly, channelBlock = 0, runtime: library } = runner.conditions;
      await runSession(schedule, samplesUs, runner, visits, {
        stopped: () => false,
        visited: () => {},
        save: async () => {},
      });
      const flags = { plan: plan.kind, runtime, threads, seed };
      return assembleTable({
        hardware: hardwareOf(flags, processorName(), library),
        measuredAt: new Date().toISOString(),
        method: methodOf(runtime, plan, rounds, seed),
        conditions: { ...affinity, clockStepUs, webAssembly },
        plan,
        channelBlock,
        probesUs: steadied(schedule, samplesUs),
        samplesUs: samplesByModel(schedule, samplesUs),
      });
    } finally {
      await runner.close();
    }
  });
}
