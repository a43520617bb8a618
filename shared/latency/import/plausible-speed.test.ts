/** @file Tables of real devices pass, and the same tables in the wrong unit do not. */
import { describe, expect, it } from 'vitest';
import { findLatencyTable } from '../built-in.ts';
import { checkPlausibleSpeed } from './plausible-speed.ts';
import type { ImportedRows } from './rows.ts';

const rows = (latencyUs: Record<string, number>, factor = 1): ImportedRows => ({
  format: 'csv',
  parts: Object.entries(latencyUs).map(([signature, us]) => ({
    signature,
    latencyUs: factor * us,
    spreadUs: 0,
    count: 1,
  })),
  networks: [],
  overheadUs: null,
  skipped: [],
});

const server = Object.fromEntries(
  Object.entries(findLatencyTable('amd-epyc-zen4-ort-1t').entries).map(([key, { latencyUs }]) => [key, latencyUs]),
);
/** What a phone of 2016 is known to take, in the order of magnitude. */
const phone = { 'mbconv-k5-e6-s1-i192-o320-r7': 5265, 'head-i320-o1280-r7': 4000, 'classifier-i1280-c1000': 1500 };
/** A microcontroller: 30 M multiply-adds in 0.2 s. */
const microcontroller = { 'mbconv-k5-e6-s1-i192-o320-r7': 200_000 };
/** One image on an accelerator: some three kernels of 3 µs each. */
const accelerator = {
  'mbconv-k5-e6-s1-i192-o320-r7': 10,
  'mbconv-k3-e3-s2-i16-o24-r112': 9,
  'classifier-i1280-c10': 3,
};

describe('real devices', () => {
  it.each([
    ['server', server],
    ['phone', phone],
    ['microcontroller', microcontroller],
    ['accelerator', accelerator],
    ['one small part on a slow device', { 'classifier-i1280-c10': 900 }],
  ])('%s', (_, table) => {
    expect(() => checkPlausibleSpeed(rows(table), 1, 'insist')).not.toThrow();
  });
});

describe('the wrong unit', () => {
  it.each([
    ['server', server],
    ['phone', phone],
    ['accelerator', accelerator],
  ])('%s: milliseconds read as microseconds', (_, table) => {
    expect(() => checkPlausibleSpeed(rows(table, 1e-3), 1, 'insist')).toThrow(
      /multiply-adds a second \(for these parts .* are possible\), faster than any .*milliseconds given as microseconds/,
    );
  });

  it.each([
    ['server', server],
    ['phone', phone],
    ['microcontroller', microcontroller],
  ])('%s: microseconds read as milliseconds', (_, table) => {
    expect(() => checkPlausibleSpeed(rows(table, 1e3), 1, 'insist')).toThrow(
      /slower than any .*microseconds given as milliseconds/,
    );
  });

  it('counts the images of a call', () => {
    const many = rows({ 'mbconv-k5-e6-s1-i192-o320-r7': 4 });
    expect(() => checkPlausibleSpeed(many, 1, 'insist')).toThrow(/faster than any/);
    // 64 images of 31 M multiply-adds in 400 µs: 5 · 10¹² a second, what one image could never fill
    const batch = rows({ 'mbconv-k5-e6-s1-i192-o320-r7': 400 });
    expect(() => checkPlausibleSpeed(batch, 64, 'insist')).not.toThrow();
  });

  it('whole networks tell too', () => {
    const network = { space: 'mobile-inverted-residual', resolution: 224, classes: 1000, path: new Array(21).fill(0) };
    const timed = (latencyUs: number): ImportedRows => ({
      ...rows({}),
      networks: [{ ...network, latencyUs, spreadUs: 0 }],
    });
    expect(() => checkPlausibleSpeed(timed(78_000), 1, 'insist')).not.toThrow();
    expect(() => checkPlausibleSpeed(timed(78), 1, 'insist')).toThrow(/faster/);
    expect(() => checkPlausibleSpeed(timed(78e6), 1, 'insist')).toThrow(/slower/);
  });
});
