/** @file The check by hand and the schema accept the same requests, and say the same about all others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import { type LatencyRequest, latencyRequestSchema } from '../../shared/contract/latency-request.ts';
import { firstProblem } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { anyPlanAndPath } from '../../shared/space/arbitrary.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { latencyRequest } from './validate.ts';

/** Null where a request is accepted, the line that refuses it otherwise. */
function byHand(json: unknown): string | null {
  try {
    expect(latencyRequest(json)).toBe(json);
    return null;
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    expect(error.code).toBe('request.invalid');
    return error.message;
  }
}

/** The same by the schema, and by what reads architectures everywhere else. */
function bySchema(json: unknown): string | null {
  const parsed = latencyRequestSchema.safeParse(json);
  if (!parsed.success) return firstProblem('latency request', parsed.error, json);
  for (const [i, architecture] of parsed.data.architectures.entries()) {
    try {
      parseArchitecture(architecture);
    } catch (error) {
      return (error as Error).message.replace(/^architecture:/, `latency request: architecture ${i + 1}:`);
    }
  }
  return null;
}

const anyRequest: fc.Arbitrary<LatencyRequest> = fc
  .record(
    {
      architectures: fc.array(
        anyPlanAndPath.map(({ plan, path }) => pathToArchitecture(plan, path)),
        { minLength: 1, maxLength: 3 },
      ),
      hardware: fc.array(fc.string({ minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 3 }),
      blocks: fc.boolean(),
      interval: fc.boolean(),
      ids: fc.boolean(),
    },
    { requiredKeys: ['architectures', 'hardware'] },
  )
  .map((request) => JSON.parse(JSON.stringify(request)));

/** Values that are nearly right somewhere. */
const replacement = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 'mbconv', [], {}, 0, -1, 1, 2, 3, 4, 5, 0.5, 1.5, 1e6, 1e6 + 1, 1e16),
  fc.constantFrom<unknown>(Number.POSITIVE_INFINITY, 'a'.repeat(101), [[]], [null], [1], { op: 'mbconv' }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Container = Record<string, unknown> | unknown[];

/** Every object and array inside, outermost first. */
function containersOf(value: unknown): Container[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Container, ...Object.values(value).flatMap(containersOf)];
}

const mutation = fc.record({
  container: fc.nat(),
  field: fc.nat(),
  kind: fc.constantFrom('replace', 'remove', 'add'),
  name: fc.constantFrom('extra', 'space', 'blocks', '__proto__', 'constructor', 'toString', 'length', 'op', 'ids'),
  value: replacement,
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** As JSON.parse makes fields: own ones, whatever their name. */
function set(container: Container, name: string, value: unknown): void {
  const field = { value: structuredClone(value), enumerable: true, configurable: true, writable: true };
  Object.defineProperty(container, name, field);
}

/** Another request; what JSON text cannot hold stays out of it (a number too large reads as Infinity). */
function mutated(request: LatencyRequest, mutations: readonly Mutation[]): unknown {
  const json = JSON.parse(JSON.stringify(request));
  for (const { container, field, kind, name, value } of mutations) {
    const containers = containersOf(json);
    const own = containers[container % containers.length]!;
    const names = Object.keys(own);
    const at = names[field % Math.max(1, names.length)];
    if (kind === 'add') set(own, Array.isArray(own) ? String(own.length) : name, value);
    else if (at !== undefined && kind === 'replace') set(own, at, value);
    else if (at !== undefined && Array.isArray(own)) own.splice(Number(at), 1);
    else if (at !== undefined) delete (own as Record<string, unknown>)[at];
  }
  return json;
}

describe('the check of a latency request', () => {
  it('accepts what the schema accepts', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(bySchema(request)).toBeNull();
        expect(byHand(request)).toBeNull();
      }),
    );
  });

  it('refuses what the schema refuses, in the same words', () => {
    let refused = 0;
    let runs = 0;
    fc.assert(
      fc.property(anyRequest, fc.array(mutation, { minLength: 1, maxLength: 3 }), (request, mutations) => {
        const json = mutated(request, mutations);
        const line = byHand(json);
        expect(line).toBe(bySchema(json));
        runs++;
        if (line !== null) {
          expect(line).toMatch(/^latency request/);
          expect(line).not.toContain('\n');
          refused++;
        }
      }),
      { numRuns: 2000 },
    );
    // Both kinds came up often enough for the agreement to mean something.
    expect(refused / runs).toBeGreaterThan(0.5);
    expect(refused / runs).toBeLessThan(0.99);
  });

  it('says the same of any JSON at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(byHand(json)).toBe(bySchema(json));
      }),
    );
  });

  const good: LatencyRequest = {
    architectures: [
      {
        format: 'fastpath.architecture/1',
        resolution: 32,
        classes: 10,
        stem: { kernel: 3, stride: 2, channels: 16 },
        blocks: [
          { op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 16, out: 8, shortcut: false },
          { op: 'mbconv', kernel: 5, expansion: 6, stride: 2, in: 8, out: 16, shortcut: false },
        ],
        head: { channels: 64 },
      },
    ],
    hardware: ['a'],
  };
  const network = good.architectures[0]!;
  const { architectures, predictions, predictionsWithBlocks } = latencyLimits;

  it.each<[unknown, string]>([
    [[], 'must be an object, not []'],
    [{ ...good, hardware: [] }, 'hardware must hold at least 1, not []'],
    [{ ...good, hardware: [7] }, 'hardware 1 must be a string, not 7'],
    [{ hardware: ['a'] }, 'architectures is missing'],
    [{ ...good, device: 'a' }, 'device is not a known field'],
    [{ ...good, interval: 'no' }, 'interval must be a boolean, not "no"'],
    [with1({ resolution: 33 }), 'architecture 1: resolution 33 is not a multiple of the total stride 4: use 32 or 36'],
    [with1({ resolution: 32.5 }), 'architecture 1: resolution must be a whole number, not 32.5'],
    [with1({ head: { channels: -1 } }), 'architecture 1: head.channels must be more than 0, not -1'],
    [with1({ classes: 2e6 }), 'architecture 1: classes must be at most 1000000, not 2000000'],
    [
      with1({ blocks: [network.blocks[0]!, { ...network.blocks[1]!, in: 9 }] }),
      'architecture 1: block 2: in must be 8, what block 1 puts out, not 9',
    ],
    [with1({ blocks: Array(201).fill(network.blocks[0]) }), 'architecture 1: blocks must hold at most 200, not 201'],
    [{ ...good, hardware: Array(51).fill('a') }, 'hardware must hold at most 50, not 51'],
    [
      { architectures: Array(architectures).fill(network), hardware: Array(11).fill('a') },
      `2000 architectures on 11 hardware are 22000 predictions: ask for at most ${predictions} at once`,
    ],
    [
      { architectures: Array(501).fill(network), hardware: ['a', 'b'], blocks: true },
      `501 architectures on 2 hardware are 1002 predictions: ask for at most ${predictionsWithBlocks} at once with blocks`,
    ],
  ])('%# names the place and the problem', (json, problem) => {
    expect(byHand(json)?.replace(/^latency request:? /, '')).toBe(problem);
  });

  function with1(change: Record<string, unknown>): unknown {
    return { ...good, architectures: [{ ...network, ...change }] };
  }
});
