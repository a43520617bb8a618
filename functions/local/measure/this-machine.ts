/** @file Known hardware that is this machine: the same processor and the same library as its table was measured with. */
import type { Hardware } from '../../../shared/contract/latency.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInTable } from '../../../shared/latency/built-in.ts';
import type { Runner } from '../../../shared/latency/measuring/runner.ts';
import { openRunner } from './open-runner.ts';
import { processorName } from './processors.ts';

/**
 * What runs networks as that hardware's table has them; the caller closes it.
 * @throws FastpathError `hardware.elsewhere` where this machine is another one, `hardware.public` for hardware that
 * ships, `measure.…` where the library is missing
 */
export async function openAs(hardware: Hardware): Promise<Runner> {
  if (builtInTable(hardware.id) !== undefined) {
    const message = `hardware ${hardware.id} ships with Fastpath and stays as it is: make this machine known with fastpath measure, and search for that`;
    throw new FastpathError('hardware.public', message);
  }
  const processor = processorName();
  const library = hardware.runtime.startsWith('onnxruntime-node ') ? 'onnxruntime' : 'browser';
  const known = library === 'onnxruntime' || hardware.runtime.startsWith('TensorFlow.js ');
  if (hardware.device !== processor || !known || hardware.batchSize !== 1) throw elsewhere(hardware, processor);
  const runner = await openRunner({ runtime: library, threads: hardware.threads });
  const { runtime } = runner.conditions;
  if (runtime === hardware.runtime) return runner;
  await runner.close();
  throw elsewhere(hardware, `${processor} with ${runtime}`);
}

function elsewhere({ id, device, runtime }: Hardware, here: string): FastpathError {
  const message =
    `hardware ${id} is ${device} with ${runtime}, and here is ${here}: time the network there and give the timing ` +
    `to fastpath import, or measure this machine under an id of its own`;
  return new FastpathError('hardware.elsewhere', message);
}
