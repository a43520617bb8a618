/** @file `fastpath describe FILE…`: size and cost of architectures. */
import { describe } from '../../../shared/architecture/describe.ts';
import { bytes, count, table } from '../../../shared/format.ts';
import { type Console, writeJson } from '../console.ts';
import { readArchitecture } from '../input-file.ts';

/** With `json` one object a line and file; a table otherwise. */
export async function describeFiles(files: readonly string[], options: { json?: boolean }, console: Console) {
  for (const file of files) {
    const description = describe(await readArchitecture(file));
    if (options.json) {
      writeJson(console, description);
      continue;
    }
    const { id, macs, parameters, peakActivationBytes, blocks } = description;
    console.out.write(`${file}\n  id ${id}\n  ${count(macs)} multiply-adds, ${count(parameters)} parameters, `);
    console.out.write(`${bytes(peakActivationBytes)} peak activation memory (one image, fp32)\n\n`);
    const rows = blocks.map((block) => [
      block.name,
      block.op,
      block.kernel === undefined ? '' : `k${block.kernel}`,
      block.expansion === undefined ? '' : `e${block.expansion}`,
      String(block.stride),
      `${block.in} → ${block.out}`,
      `${block.inputSize} → ${block.outputSize}`,
      count(block.macs),
      count(block.parameters),
      bytes(block.activationBytes),
    ]);
    const head = [
      'part',
      'op',
      'kernel',
      'expansion',
      'stride',
      'channels',
      'pixels',
      'multiply-adds',
      'parameters',
      'activations',
    ];
    console.out.write(`${table([head, ...rows])}\n`);
  }
}
