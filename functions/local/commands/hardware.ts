/** @file `fastpath hardware`: what latency is known for. */

import { table } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';

export async function listHardware(options: { json?: boolean }, console: Console): Promise<void> {
  const hardware = await openRegistry().listHardware(({ message }) => writeLine(console.err, `note: ${message}`));
  if (options.json) {
    writeJson(console, hardware);
    return;
  }
  const rows = hardware.map(({ id, name, scope, runtime, batchSize, precision, threads }) => [
    id,
    name,
    scope,
    runtime,
    `${batchSize} ${batchSize === 1 ? 'image' : 'images'}`,
    precision,
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  ]);
  console.out.write(table([['id', 'name', 'scope', 'runtime', 'batch', 'precision', 'threads'], ...rows]));
}
