/**
 * @file Checks a latency request by hand: `latencyRequestSchema` without zod, which alone would be larger than all else
 * that the service is made of. Fields are checked in the schema's order, and problems read the same.
 */
import { blocksProblem, resolutionFitProblem } from '../../shared/architecture/fit.ts';
import { latencyLimits as limits } from '../../shared/contract/latency-limits.ts';
import type { LatencyRequest } from '../../shared/contract/latency-request.ts';
import { type Key, oneOf as listed, problemLine, shown } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';

/** `rest` is what follows the place, `must be …` */
interface Problem {
  path: Key[];
  rest: string;
}

type Check = (value: unknown) => Problem | null;

const count = wholeNumber(1);
const size: Check = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return must('be a number', value);
  if (value <= 0) return must('be more than 0', value);
  return value > limits.number ? must(`be at most ${limits.number}`, value) : null;
};
const text: Check = (value) => (typeof value === 'string' ? null : must('be a string', value));
const truth: Check = (value) => (typeof value === 'boolean' ? null : must('be a boolean', value));

const architecture = strictObject({
  format: oneOf('fastpath.architecture/1'),
  space: optional(text),
  resolution: count,
  classes: wholeNumber(2),
  stem: strictObject({ kernel: oneOf(3), stride: oneOf(1, 2), channels: count }),
  blocks: list(
    strictObject({
      op: oneOf('mbconv'),
      kernel: oneOf(3, 5, 7),
      expansion: size,
      stride: oneOf(1, 2),
      in: count,
      out: count,
      shortcut: truth,
    }),
    limits.blocks,
  ),
  head: strictObject({ channels: count }),
});

const hardwareId: Check = (value) => {
  if (typeof value !== 'string') return must('be a string', value);
  if (value.length === 0) return must('have at least 1 characters', value);
  const most = limits.hardwareIdCharacters;
  return value.length > most ? must(`have at most ${most} characters`, value) : null;
};

const request = strictObject({
  architectures: list(architecture, limits.architectures),
  hardware: list(hardwareId, limits.hardware),
  blocks: optional(truth),
  interval: optional(truth),
  ids: optional(truth),
});

/**
 * The request in `json`, its architectures known to fit together.
 * @throws FastpathError `request.invalid`: one line that names the place (counted from 1) and what is wrong there
 */
export function latencyRequest(json: unknown): LatencyRequest {
  const problem = request(json);
  if (problem !== null) {
    throw new FastpathError('request.invalid', problemLine('latency request', problem.path, problem.rest));
  }
  const asked = json as LatencyRequest;
  for (let i = 0; i < asked.architectures.length; i++) {
    const own = asked.architectures[i]!;
    const misfit = blocksProblem(own) ?? resolutionFitProblem(own);
    if (misfit !== null)
      throw new FastpathError('request.invalid', `latency request: architecture ${i + 1}: ${misfit}`);
  }
  const predictions = asked.architectures.length * asked.hardware.length;
  const most = asked.blocks === true ? limits.predictionsWithBlocks : limits.predictions;
  if (predictions > most) {
    throw new FastpathError(
      'request.invalid',
      `latency request: ${asked.architectures.length} architectures on ${asked.hardware.length} hardware are ` +
        `${predictions} predictions: ask for at most ${most} at once${asked.blocks === true ? ' with blocks' : ''}`,
    );
  }
  return asked;
}

function must(be: string, found: unknown): Problem {
  if (found === undefined) return { path: [], rest: 'is missing' };
  return { path: [], rest: `must ${be}, not ${shown(found)}` };
}

function inside(problem: Problem | null, key: Key): Problem | null {
  problem?.path.unshift(key);
  return problem;
}

function oneOf(...values: (string | number)[]): Check {
  const words = listed(values.map(String));
  return (value) => (values.includes(value as string | number) ? null : must(`be ${words}`, value));
}

function wholeNumber(least: number): Check {
  const enough = least === 1 ? 'be more than 0' : `be at least ${least}`;
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return must('be a number', value);
    if (!Number.isInteger(value)) return must('be a whole number', value);
    if (value > Number.MAX_SAFE_INTEGER) return must(`be at most ${Number.MAX_SAFE_INTEGER}`, value);
    if (value < Number.MIN_SAFE_INTEGER) return must(`be at least ${Number.MIN_SAFE_INTEGER}`, value);
    if (value < least) return must(enough, value);
    return value > limits.number ? must(`be at most ${limits.number}`, value) : null;
  };
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? null : check(value));
}

function list(item: Check, most: number): Check {
  return (value) => {
    if (!Array.isArray(value)) return must('be an array', value);
    if (value.length < 1) return must('hold at least 1', value);
    if (value.length > most) return { path: [], rest: `must hold at most ${most}, not ${value.length}` };
    for (let i = 0; i < value.length; i++) {
      const problem = item(value[i]);
      if (problem !== null) return inside(problem, i);
    }
    return null;
  };
}

function strictObject(fields: Readonly<Record<string, Check>>): Check {
  const names = Object.keys(fields);
  const checks = Object.values(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return must('be an object', value);
    const object = value as Record<string, unknown>;
    let present = 0;
    for (let i = 0; i < names.length; i++) {
      const field = object[names[i]!];
      if (field !== undefined) present++;
      const problem = checks[i]!(field);
      if (problem !== null) return inside(problem, names[i]!);
    }
    const keys = Object.keys(object);
    if (keys.length === present) return null;
    const unknown = keys.find((key) => !names.includes(key))!;
    return { path: [unknown], rest: 'is not a known field' };
  };
}
