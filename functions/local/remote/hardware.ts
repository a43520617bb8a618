/** @file Timings from here as hardware of one's own at a service, which fits its model: for `measure` and `import`. */
import { createHash } from 'node:crypto';
import type { HardwareDetail } from '../../../shared/contract/api/hardware.ts';
import { type AddMeasurementsInput, mostMeasurements } from '../../../shared/contract/api/measurements.ts';
import type { Hardware, LatencyTable } from '../../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { callKey } from '../../../shared/latency/measuring/schedule.ts';
import { ApiError, type Fastpath } from '../../client/index.ts';
import { type ApiFlags, connectTo } from './connect.ts';

type MeasurementInput = AddMeasurementsInput['measurements'][number];

/** The least that the API takes for the time of a part: a nanosecond. */
const leastMs = 1e-6;
/** What must be the same for timings to be of one hardware. */
const same = ['device', 'runtime', 'batchSize', 'precision', 'threads'] as const;

export class HardwareThere {
  private constructor(private readonly fastpath: Fastpath) {}

  /** @throws FastpathError as `connectTo` does */
  static async open(flags: ApiFlags): Promise<HardwareThere> {
    return new HardwareThere(await connectTo(flags));
  }

  /** One's own hardware with that id, or null. */
  async findOwn(id: string): Promise<HardwareDetail | null> {
    try {
      const found = await this.fastpath.hardware.get(id);
      return found.scope === 'own' ? found : null;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'hardware.unknown') return null;
      throw error;
    }
  }

  /**
   * Makes the hardware known, or sees that what is there is the same: before the work of timing it.
   * @throws FastpathError `hardware.differs`; ApiError `hardware.public`, and for keys that may not do this
   */
  async checkSavable(hardware: Hardware): Promise<void> {
    try {
      await this.fastpath.hardware.create(hardware);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'hardware.exists') throw error;
      const there = await this.fastpath.hardware.get(hardware.id);
      const other = same.find((key) => there[key] !== hardware[key]);
      if (other === undefined) return;
      const message = `hardware ${hardware.id} has ${other} ${there[other]} at the service, not ${hardware[other]}: choose another id`;
      throw new FastpathError('hardware.differs', message);
    }
  }

  /**
   * Uploads all that is timed in the table; the same table again adds nothing. Plausible speeds were checked here.
   * @returns how many measurements are new there, and how many an earlier upload had brought
   */
  async saveTable(table: LatencyTable): Promise<{ added: number; known: number }> {
    const measurements = measurementsOf(table);
    let added = 0;
    for (let from = 0; from < measurements.length; from += mostMeasurements) {
      const some = { measurements: measurements.slice(from, from + mostMeasurements), anySpeed: true };
      added += (await this.fastpath.hardware.addMeasurements(table.hardware.id, some)).added;
    }
    return { added, known: measurements.length - added };
  }

  /** How the hardware stands once its model holds all that was uploaded. @throws FastpathError where it makes none */
  fitted(id: string): Promise<HardwareDetail> {
    return this.fastpath.hardware.fitted(id);
  }

  /** What its model knows of parts, by signature. */
  async parts(id: string): Promise<LatencyModelData['parts']> {
    return (await this.fastpath.hardware.model(id)).parts;
  }
}

/** One line about the model there. */
export function modelLine({ id, modelVersion, blocks, networks }: HardwareDetail): string {
  if (modelVersion === null) return `hardware ${id} has no model at the service yet: whole networks alone make none`;
  return `hardware ${id} has model ${modelVersion} at the service, of ${blocks} parts and ${networks} whole networks`;
}

/** Named by what they all say together: the same table sent again is known item by item, and another one is not. */
export function measurementsOf({
  overheadUs,
  entries,
  networks = [],
  drift,
  measuredAt,
}: LatencyTable): MeasurementInput[] {
  const timed: Omit<MeasurementInput, 'item'>[] = [
    ...(overheadUs > 0 ? [{ signature: callKey, latencyMs: timeMs(overheadUs) }] : []),
    ...Object.entries(entries).map(([signature, { latencyUs, spreadUs, count }]) => ({
      signature,
      latencyMs: timeMs(latencyUs),
      spreadMs: spreadUs / 1e3,
      count,
    })),
    ...networks.map(({ latencyUs, spreadUs, sumOfBlocksUs: _, ...network }) => ({
      ...network,
      latencyMs: timeMs(latencyUs),
      spreadMs: spreadUs / 1e3,
    })),
  ];
  if (drift !== undefined && timed[0] !== undefined) timed[0].driftFraction = drift.largestFraction;
  const run = createHash('sha256').update(JSON.stringify(timed)).digest('hex').slice(0, 16);
  const when = measuredAt === undefined ? {} : { measuredAt };
  return timed.map((measurement, i) => ({ item: `${run}:${i}`, ...measurement, ...when }));
}

function timeMs(us: number): number {
  return Math.max(leastMs, us / 1e3);
}
