/** @file The shipped models: valid, with the hashes they claim, and in line with the tables they come from. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { latencyModelSchema } from '../contract/latency-model.ts';
import { builtInHardware, findLatencyTable } from './built-in.ts';
import { builtInModels } from './built-in-models.ts';
import { FittedLatencyModel } from './fitted-model.ts';
import { measuredArchitecture } from './measured-network.ts';
import { parseSignature } from './signature.ts';
import { quantile } from './statistics.ts';

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe('the shipped models', () => {
  it('are there for all known hardware', () => {
    expect(builtInModels.map(({ hardware }) => hardware)).toEqual(builtInHardware());
  });

  it.each(builtInModels.map((data) => [data.hardware.id, data] as const))('%s is what it says', (id, data) => {
    expect(latencyModelSchema.parse(data)).toEqual(data);
    const { version, ...rest } = data;
    const timings = `${import.meta.dirname}/tables/operators/${id}.json`;
    const operators = existsSync(timings) ? { operators: JSON.parse(readFileSync(timings, 'utf8')) } : {};
    expect({ sha256: data.trainedOn.sha256, version }).toEqual({
      sha256: hash({ ...findLatencyTable(id), ...operators }),
      version: hash(rest).slice(0, 16),
    });
  });

  it.each(builtInModels.map((data) => [data.hardware.id, data] as const))(
    '%s is near its whole networks',
    (id, data) => {
      const model = new FittedLatencyModel(data);
      const errors = findLatencyTable(id).networks!.map((network) => {
        return Math.abs(model.meanUs(measuredArchitecture(network)) / network.latencyUs - 1);
      });
      expect(quantile(errors, 0.5)).toBeLessThan(0.02);
      expect(quantile(errors, 0.9)).toBeLessThan(0.05);
    },
  );

  it.each(builtInModels.map((data) => [data.hardware.id, data] as const))('%s estimates by size', (id, data) => {
    // The same parts without their own timings: what the sizes alone tell.
    const sizes = new FittedLatencyModel({ ...data, parts: {} });
    const errors = Object.entries(findLatencyTable(id).entries)
      .filter(([signature]) => signature.startsWith('mbconv'))
      .map(([signature, { latencyUs }]) => {
        return Math.abs(sizes.partLatencyUs({ name: 'part', part: parseSignature(signature) }) / latencyUs - 1);
      });
    // Blocks alone, where the claim is about all parts: two in three near the claimed deviation, nine in ten in thrice.
    const { relativeDeviation } = data.physical;
    expect(quantile(errors, 0.66)).toBeLessThan(1.5 * relativeDeviation);
    expect(quantile(errors, 0.9)).toBeLessThan(3 * relativeDeviation);
    expect(relativeDeviation).toBeLessThan(0.4);
  });
});
