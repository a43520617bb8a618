/** @file Whatever is sent as a measurement is refused by its item's name, or becomes rows of a table. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  keptMeasurementSchema,
  type Measurement,
  measurementSchema,
} from '../../../shared/contract/api/measurements.ts';
import { latencyTableSchema } from '../../../shared/contract/latency.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { tableOfRows } from '../../../shared/latency/import/imported-table.ts';
import { anyPlanAndPath } from '../../../shared/space/arbitrary.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { driftOf, keptMeasurement, rowsOf, type Timed, timedOf } from './measurement-rows.ts';
import { shortPlanTimings } from './shipped-timings.ts';

const now = new Date('2026-11-26T12:00:00Z');
const hardware = {
  id: 'b',
  name: 'b',
  device: 'b',
  runtime: 'r',
  batchSize: 1,
  precision: 'fp32',
  threads: 1,
} as const;

const digits = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(1e6, 1e6 + 1, 1e21));
const signature = fc.oneof(
  fc.constantFrom('call', '', 'stem', 'mbconv-k3-e6-s1-i8-o9-r4-id', 'classifier-i0-c10'),
  fc.string({ maxLength: 40 }),
  fc.tuple(digits, digits, digits).map(([i, o, r]) => `head-i${i}-o${o}-r${r}`),
  fc
    .tuple(
      fc.constantFrom(3, 5, 7, 9),
      digits,
      fc.constantFrom(1, 2),
      digits,
      digits,
      digits,
      fc.constantFrom('', '-id'),
    )
    .map(([k, e, s, i, o, r, id]) => `mbconv-k${k}-e${e}-s${s}-i${i}-o${o}-r${r}${id}`),
);
const network = fc.oneof(
  anyPlanAndPath.map(({ plan, path }) => ({ architecture: pathToArchitecture(plan, path) })),
  fc.record({
    space: fc.constantFrom('tiny', 'cifar', 'huge', '__proto__'),
    resolution: fc.constantFrom(32, 33, 64),
    classes: fc.integer({ min: 2, max: 1000 }),
    path: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 9 }),
  }),
);
const subject = fc.oneof(
  signature.map((text) => ({ signature: text })),
  network,
);
const measurement = fc
  .tuple(
    fc.record({
      item: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,8}$/),
      latencyMs: fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      spreadMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      count: fc.integer({ min: 1, max: 1e9 }),
    }),
    subject,
    fc.option(fc.record({ driftFraction: fc.double({ min: 0, max: 10, noNaN: true }) }), { nil: {} }),
  )
  .map(([timing, what, drift]) => ({ ...timing, ...what, ...drift }) as Measurement);

describe('measurements', () => {
  it('are refused by the name of their item, or become a table and are kept as they were sent', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(measurement, { minLength: 1, maxLength: 3 }), (sent) => {
        const parsed = sent.map((each) => measurementSchema.safeParse(each));
        fc.pre(parsed.every(({ success }) => success));
        let timed: Timed[];
        try {
          timed = timedOf(sent, now);
        } catch (error) {
          expect(error).toBeInstanceOf(FastpathError);
          const { code, message } = error as FastpathError;
          expect(code).toBe('measurement.invalid');
          expect(message).toMatch(/^item [A-Za-z0-9._:@-]+: [^\n]+; nothing was imported$/);
          expect(sent.map(({ item }) => item)).toContain(/^item (\S+):/.exec(message)![1]);
          return;
        }
        taken++;
        const table = { ...tableOfRows(rowsOf(timed), hardware, 0), ...driftOf(timed) };
        latencyTableSchema.parse(table);
        for (const [i, row] of timed.entries()) {
          const owner = { tenantId: 'local', hardwareId: 'b', upload: 1, sessionId: null, createdAt: now };
          const shown = keptMeasurementSchema.parse(JSON.parse(JSON.stringify(keptMeasurement({ ...row, ...owner }))));
          const { latencyMs, ...rest } = sent[i]!;
          expect(shown).toMatchObject(JSON.parse(JSON.stringify({ ...rest, spreadMs: shown.spreadMs })));
          expect(Math.abs(shown.latencyMs - latencyMs)).toBeLessThanOrEqual(Math.max(1e-6, 1e-9 * latencyMs));
        }
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('say how steady the device was, by the worst of them', () => {
    const timed = (fractions: (number | undefined)[]) =>
      timedOf(
        shortPlanTimings()
          .slice(0, fractions.length)
          .map((each, i) => (fractions[i] === undefined ? each : { ...each, driftFraction: fractions[i] })),
        now,
      );
    expect(driftOf(timed([undefined, undefined]))).toEqual({});
    expect(driftOf(timed([0.01, undefined, 0.02])).drift).toMatchObject({ largestFraction: 0.02, unstable: false });
    expect(driftOf(timed([0.031, 0.01])).drift).toMatchObject({ unstable: true });
  });
});
