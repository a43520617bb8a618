/** @file Profiles that ONNX Runtime really wrote of networks that Fastpath really wrote; and profiles changed by hand. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNetwork } from '../../onnx/write-network.ts';
import { findSpace } from '../../space/built-in.ts';
import { planSupernet } from '../../space/make-plan.ts';
import { pathToArchitecture } from '../../space/path.ts';
import { AdditiveLatencyModel } from '../additive.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { median } from '../statistics.ts';
import { importedTable } from './imported-table.ts';
import { readTimings } from './read-timings.ts';
import { parseRuntimeProfile } from './runtime-profile.ts';

type Event = { cat: string; name: string; dur: number; args: { input_type_shape?: unknown[] } };
type Level = 'disabled' | 'basic' | 'extended' | 'all';

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
// Two equal blocks among others, blocks with and without shortcut, every kernel.
const architecture = pathToArchitecture(plan, [1, 4, 4, 2, 0, 6, 3, 5]);
const signatures = [...new Set(partsOf(architecture).map(({ part }) => signatureOf(part)))];
const { space: _, ...unnamed } = architecture;

let folder: string;
const profiles = new Map<Level, string>();
const levels: Level[] = ['disabled', 'basic', 'extended', 'all'];
const events = (level: Level) => JSON.parse(profiles.get(level)!) as Event[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-profile-'));
  for (const level of levels) {
    const session = await InferenceSession.create(writeNetwork(architecture, { seed: 1 }), {
      intraOpNumThreads: 1,
      graphOptimizationLevel: level,
      enableProfiling: true,
      profileFilePrefix: join(folder, level),
    });
    const input = new Tensor('float32', new Float32Array(3 * 32 * 32), [1, 3, 32, 32]);
    for (let i = 0; i < 6; i++) await session.run({ input });
    session.endProfiling();
    const name = (await readdir(folder)).find((each) => each.startsWith(`${level}_`))!;
    profiles.set(level, await readFile(join(folder, name), 'utf8'));
    await session.release();
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(levels)('a profile with graph optimisation "%s"', (level) => {
  it('gives every part, and parts and call add up to the median call', () => {
    const rows = readTimings(profiles.get(level)!, { architecture, readJson: () => null });
    expect(rows.parts.map(({ signature }) => signature)).toEqual(signatures);
    const calls = events(level).filter(({ name }) => name === 'model_run');
    expect(calls).toHaveLength(6);
    const latencyUs = median(calls.slice(1).map(({ dur }) => dur));
    expect(rows.networks).toEqual([{ architecture, latencyUs, spreadUs: expect.any(Number) }]);
    const hardware = {
      id: 'here',
      name: 'here',
      device: 'here',
      runtime: 'ort',
      batchSize: 1,
      precision: 'fp32',
      threads: 1,
    } as const;
    const table = importedTable(rows, hardware, { file: 'p.json', sha256: '0'.repeat(64), importedAt: 'now' }, 0);
    // Medians of sums and sums of medians differ a little; the call's cost takes up the rest.
    const predicted = new AdditiveLatencyModel(table).predict(architecture).latencyUs;
    expect(predicted).toBeGreaterThanOrEqual(latencyUs - 1e-6);
    expect(predicted).toBeLessThan(1.5 * latencyUs);
    if (rows.overheadUs! > 0) expect(predicted).toBeCloseTo(latencyUs, 6);
  });

  it('counts every node that ran to some part', () => {
    const { parts } = parseRuntimeProfile(events(level), architecture);
    // One call only, so that no median hides a node: its nodes and the parts have the same sum.
    const all = events(level);
    const firstCall = all.slice(0, all.findIndex(({ name }) => name === 'model_run') + 1);
    const single = parseRuntimeProfile(firstCall, architecture);
    const nodesUs = firstCall.filter(({ cat }) => cat === 'Node').reduce((sum, { dur }) => sum + dur, 0);
    const times = partsOf(architecture).map(
      ({ part }) => single.parts.find((row) => row.signature === signatureOf(part))!,
    );
    expect(times.reduce((sum, row) => sum + row.latencyUs, 0)).toBeCloseTo(nodesUs, 6);
    expect(parts).toHaveLength(single.parts.length);
  });
});

describe('the architecture', () => {
  it('follows from the shapes where the layout of channels is ours', () => {
    const told = levels.filter((level) => !profiles.get(level)!.includes('_nchwc'));
    expect(told).toContain('disabled');
    for (const level of told) {
      expect(parseRuntimeProfile(events(level), null)).toEqual(parseRuntimeProfile(events(level), unnamed));
    }
  });

  it('must be given where channels are padded', () => {
    const padded = events('disabled').map((event) => ({ ...event, name: event.name.replace('conv_', 'conv_nchwc_') }));
    expect(() => parseRuntimeProfile(padded, null)).toThrow(
      /does not tell the architecture: give it with --architecture/,
    );
  });

  it('is compared with the one given', () => {
    const path = (...choices: number[]) => pathToArchitecture(plan, choices);
    const other = (given: typeof architecture) => () => parseRuntimeProfile(events('all'), given);
    expect(other(path(1, 4, 4, 2, 0, 0, 3, 5))).toThrow(/not of this architecture: block 9 is in only one/);
    expect(other(path(1, 4, 6, 2, 0, 6, 3, 5))).toThrow(/not of this architecture: block 8 is in only one/);
    expect(other(path(1, 2, 4, 2, 0, 6, 3, 5))).toThrow(/block 3 has kernel 7 in the profile, 5 in the architecture/);
    const larger = planSupernet(findSpace('tiny'), { resolution: 64, classes: 10 });
    expect(other(pathToArchitecture(larger, [1, 4, 4, 2, 0, 6, 3, 5]))).toThrow(
      /stem has 32 pixels in the profile, 64/,
    );
  });

  it('of a network whose nodes name no part gives the whole latency only', () => {
    const foreign = events('all').map((event) => ({ ...event, name: event.name.replace(/^.*\//, 'node_') }));
    const { parts, networks, overheadUs, skipped } = parseRuntimeProfile(foreign, architecture);
    expect([parts, networks.length, overheadUs]).toEqual([[], 1, null]);
    expect(skipped[0]!.reason).toMatch(/name no block/);
    expect(() => parseRuntimeProfile(foreign, null)).toThrow(/--architecture/);
  });
});

describe('a profile that is damaged', () => {
  const changed = (change: (all: Event[]) => unknown) => () => {
    const all = events('all');
    return parseRuntimeProfile(change(all) ?? all, architecture);
  };
  const at = 20;

  it.each([
    [-5, /^event 21 \(.*_kernel_time\): its duration is -5/],
    [null, /^event 21 \(.*\): its duration is null/],
    [undefined, /^event 21 \(.*\): its duration is missing/],
    ['12', /^event 21 \(.*\): its duration is "12"/],
  ])('a duration of %j', (dur, message) => {
    expect(changed((all) => void Object.assign(all[at]!, { dur }))).toThrow(message);
  });

  it('no call, calls that differ, a call of no time, an event that is none', () => {
    expect(changed((all) => all.filter(({ name }) => name !== 'model_run'))).toThrow(/no model_run/);
    expect(changed((all) => void all.splice(at, 1))).toThrow(/calls in the profile overlap or differ/);
    const call = (all: Event[]) => all.find(({ name }) => name === 'model_run')!;
    expect(changed((all) => void Object.assign(call(all), { dur: 0 }))).toThrow(/call of 0 microseconds cannot be/);
    expect(changed((all) => void all.splice(3, 0, 7 as unknown as Event))).toThrow(/^event 4: it has no name/);
  });

  it('a file cut short is named by its last line', () => {
    const text = profiles.get('all')!.split('\n').slice(0, 12).join('\n').slice(0, -10);
    expect(() => readTimings(text, { architecture, readJson: () => null })).toThrow(
      /^line 12: not JSON \(cut short\?\)/,
    );
  });
});
