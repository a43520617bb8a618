/** @file Reads an architecture from JSON: its schema, and that its blocks fit one another. */
import { type Architecture, architectureSchema } from '../contract/architecture.ts';
import { firstProblem } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import { blocksProblem, resolutionFitProblem } from './fit.ts';

/**
 * The architecture in `json`.
 * @throws FastpathError `architecture.invalid`: one line that names the block (from 1) and the field of the first
 * problem; `architecture.resolution` where the resolution does not fit the strides, with the nearest that do
 */
export function parseArchitecture(json: unknown): Architecture {
  const parsed = architectureSchema.safeParse(json);
  if (!parsed.success) {
    throw new FastpathError('architecture.invalid', firstProblem('architecture', parsed.error, json));
  }
  const misfit = blocksProblem(parsed.data);
  if (misfit !== null) throw new FastpathError('architecture.invalid', `architecture: ${misfit}`);
  const problem = resolutionFitProblem(parsed.data);
  if (problem !== null) throw new FastpathError('architecture.resolution', `architecture: ${problem}`);
  return parsed.data;
}
