import { describe, expect, it } from 'vitest';
import type { LatencyTable } from '../../contract/latency.ts';
import { latencyModelSchema } from '../../contract/latency-model.ts';
import { AdditiveLatencyModel } from '../additive.ts';
import { builtInHardware, findLatencyTable } from '../built-in.ts';
import { FittedLatencyModel } from '../fitted-model.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { fitLatencyModel } from './fit-model.ts';

const whole = findLatencyTable(builtInHardware()[0]!.id);
const isMobile = (network: NonNullable<LatencyTable['networks']>[number]) =>
  'path' in network && network.space === 'mobile-inverted-residual' && network.resolution === 224;
const networks = whole.networks!.filter(isMobile);
const signatures = new Set(
  networks.flatMap((network) => partsOf(measuredArchitecture(network)).map(({ part }) => signatureOf(part))),
);

/** Timings of a device whose depthwise layers run slower inside networks than alone, which no block table shows. */
function twisted(seed: number) {
  return networks.map((network) => {
    const slower = partsOf(measuredArchitecture(network)).reduce((sum, { part }) => {
      const k7 = part.kind === 'mbconv' && part.block.kernel === 7;
      return sum + whole.entries[signatureOf(part)]!.latencyUs * (k7 ? 1.3 : 1);
    }, whole.overheadUs);
    return { ...network, latencyUs: slower * (1 + 0.002 * Math.sin(seed + network.latencyUs)) };
  });
}

const meanError = (table: LatencyTable, model: { predict: FittedLatencyModel['predict'] }, held: typeof networks) =>
  held.reduce((sum, network) => {
    return sum + Math.abs(model.predict(measuredArchitecture(network)).latencyUs / network.latencyUs - 1);
  }, 0) / held.length || Number(table.overheadUs > 0 && held.length === 0);

describe('fitLatencyModel', () => {
  it('without whole networks is the table, and says that nothing checked it', () => {
    const model = fitLatencyModel({ ...whole, networks: [] });
    expect(latencyModelSchema.parse(model)).toEqual(model);
    expect(model.flags).toEqual([expect.stringMatching(/no whole network was timed on .*unchecked/)]);
    const fitted = new FittedLatencyModel(model);
    const table = new AdditiveLatencyModel(whole);
    for (const network of networks) {
      const { latencyUs, lowUs, highUs } = fitted.predict(measuredArchitecture(network));
      expect(latencyUs / table.predict(measuredArchitecture(network)).latencyUs).toBeCloseTo(1, 4);
      expect(highUs / lowUs).toBeGreaterThan(1.3);
    }
  });

  it('learns from ten networks how blocks run inside networks, and narrows its interval', () => {
    const timed = twisted(1);
    const [known, held] = [timed.slice(0, 10), timed.slice(10)];
    const table = { ...whole, networks: known };
    const before = meanError(table, new AdditiveLatencyModel(whole), held);
    const fitted = new FittedLatencyModel(fitLatencyModel(table));
    expect(before).toBeGreaterThan(0.05);
    expect(meanError(table, fitted, held)).toBeLessThan(0.4 * before);
    const { lowUs, latencyUs, highUs } = fitted.predict(measuredArchitecture(held[0]!));
    expect((highUs - lowUs) / latencyUs).toBeLessThan(0.3);
  });

  it('fills what a short plan left out: six blocks in ten unknown, networks still near', () => {
    const entries = Object.fromEntries(
      Object.entries(whole.entries).filter(([signature], i) => signatures.has(signature) && i % 5 < 2),
    );
    const table = { ...whole, entries, networks: networks.slice(0, 10) };
    const fitted = new FittedLatencyModel(fitLatencyModel(table));
    expect(meanError(table, fitted, networks.slice(10))).toBeLessThan(0.06);
    for (const network of networks) {
      for (const part of partsOf(measuredArchitecture(network)).slice(0, -1)) expect(fitted.knows(part)).toBe(true);
    }
    expect(fitted.predict(measuredArchitecture(networks[0]!)).flags).toContainEqual(
      expect.stringMatching(/not timed on .*, estimated from size and whole networks: .*block \d/),
    );
  });

  it('learns from a single network how far all sums of a whole table are off', () => {
    const slower = networks.map((network) => ({
      ...network,
      latencyUs: 1.3 * new AdditiveLatencyModel(whole).predict(measuredArchitecture(network)).latencyUs,
    }));
    const table = { ...whole, networks: slower.slice(0, 1) };
    const fitted = new FittedLatencyModel(fitLatencyModel(table));
    expect(meanError(table, fitted, slower)).toBeLessThan(0.02);
  });

  it('is small: under 20 KB for one space', () => {
    const entries = Object.fromEntries(
      Object.entries(whole.entries).filter(([signature]) => signatures.has(signature)),
    );
    const model = fitLatencyModel({ ...whole, entries, networks });
    expect(JSON.stringify(model).length).toBeLessThan(20_000);
  });

  it('is the same for the same timings, and another for others', () => {
    const table = { ...whole, networks };
    expect(fitLatencyModel(table)).toEqual(fitLatencyModel(table));
    const other = { ...table, networks: twisted(2) };
    expect(fitLatencyModel(other).version).not.toBe(fitLatencyModel(table).version);
    expect(fitLatencyModel(other).trainedOn.sha256).not.toBe(fitLatencyModel(table).trainedOn.sha256);
  });

  it('learns from another device where it was given one', () => {
    // The other device is the truth itself: its table says what seven-wide kernels really take.
    const entries = Object.fromEntries(
      Object.entries(whole.entries).map(([signature, entry]) => [
        signature,
        { ...entry, latencyUs: entry.latencyUs * (signature.startsWith('mbconv-k7') ? 1.3 : 1) },
      ]),
    );
    const other: LatencyTable = {
      ...whole,
      hardware: { ...whole.hardware, id: 'like-it', device: 'another' },
      entries,
    };
    const table = { ...whole, networks: twisted(3).slice(0, 4) };
    const held = twisted(3).slice(4);
    const model = fitLatencyModel(table, [other]);
    expect(model.trainedOn.sources).toEqual(['like-it']);
    const alone = meanError(table, new FittedLatencyModel(fitLatencyModel(table)), held);
    expect(meanError(table, new FittedLatencyModel(model), held)).toBeLessThan(alone);
  });

  it('needs at least some blocks', () => {
    expect(() => fitLatencyModel({ ...whole, entries: {} })).toThrow(/nothing but whole networks is known of .*blocks/);
  });
});
