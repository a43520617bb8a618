/** @file Reads an architecture from JSON: its schema, and that its blocks fit one another. */
import { type Architecture, architectureSchema } from '../contract/architecture.ts';
import { firstProblem } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import { hiddenWidth } from './layers.ts';
import { resolutionProblem } from './resolution.ts';

/**
 * The architecture in `json`.
 * @throws FastpathError `architecture.invalid`: one line that names the block (from 1) and the field of the first
 * problem; `architecture.resolution` where the resolution does not fit the strides, with the nearest that do
 */
export function parseArchitecture(json: unknown): Architecture {
  const parsed = architectureSchema.safeParse(json);
  if (!parsed.success) throw invalid(firstProblem('architecture', parsed.error, json));
  const architecture = parsed.data;
  checkFit(architecture);
  const totalStride = architecture.blocks.reduce<number>(
    (product, { stride }) => product * stride,
    architecture.stem.stride,
  );
  const problem = resolutionProblem(architecture.resolution, totalStride);
  if (problem !== null) throw new FastpathError('architecture.resolution', `architecture: ${problem}`);
  return architecture;
}

function checkFit(architecture: Architecture): void {
  let channels = architecture.stem.channels;
  let before = 'the stem';
  for (const [i, block] of architecture.blocks.entries()) {
    const name = `block ${i + 1}`;
    if (block.in !== channels)
      throw misfit(`${name}: in must be ${channels}, what ${before} puts out, not ${block.in}`);
    if (block.shortcut && block.stride !== 1) throw misfit(`${name}: shortcut needs stride 1, not ${block.stride}`);
    if (block.shortcut && block.in !== block.out) {
      throw misfit(`${name}: shortcut needs equal widths, not in ${block.in} and out ${block.out}`);
    }
    if (hiddenWidth(block) < 1) throw misfit(`${name}: expansion ${block.expansion} leaves no hidden channel`);
    channels = block.out;
    before = name;
  }
}

function misfit(problem: string): FastpathError {
  return invalid(`architecture: ${problem}`);
}

function invalid(message: string): FastpathError {
  return new FastpathError('architecture.invalid', message);
}
