/** @file `fastpath hardware`: what latency is known for. */
import { builtInHardware } from '../../../shared/latency/built-in.ts';
import { type Console, writeJson } from '../console.ts';
import { table } from '../format.ts';

export function listHardware(options: { json?: boolean }, console: Console): void {
  const hardware = builtInHardware();
  if (options.json) {
    writeJson(console, hardware);
    return;
  }
  const rows = hardware.map(({ id, name, runtime, batchSize, precision, threads }) => [
    id,
    name,
    runtime,
    `${batchSize} ${batchSize === 1 ? 'image' : 'images'}`,
    precision,
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  ]);
  console.out.write(table([['id', 'name', 'runtime', 'batch', 'precision', 'threads'], ...rows]));
}
