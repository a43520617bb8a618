/** @file What a whole network in a latency table stands for. */
import { parseArchitecture } from '../architecture/parse.ts';
import type { Architecture } from '../contract/architecture.ts';
import type { LatencyTable, MeasuredNetwork } from '../contract/latency.ts';
import { FastpathError } from '../errors.ts';
import { builtInSpaces, findSpace } from '../space/built-in.ts';
import { findPath } from '../space/find-path.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { AdditiveLatencyModel } from './additive.ts';

/** @throws FastpathError where the table names a path of a space that is not built in */
export function measuredArchitecture(network: MeasuredNetwork): Architecture {
  if ('architecture' in network) return parseArchitecture(network.architecture);
  const { space, resolution, classes, path } = network;
  return pathToArchitecture(planSupernet(findSpace(space), { resolution, classes }), path);
}

/** What a row of a table says of which network was timed: a path where its space ships, else the whole architecture. */
export function networkIdentity(architecture: Architecture): NetworkIdentity {
  const { space, resolution, classes } = architecture;
  const path = space !== undefined && Object.hasOwn(builtInSpaces, space) ? pathIn(space, architecture) : null;
  return space === undefined || path === null ? { architecture } : { space, resolution, classes, path };
}

function pathIn(space: string, architecture: Architecture): number[] | null {
  try {
    return findPath(planSupernet(findSpace(space), architecture), architecture);
  } catch (error) {
    // A network of other strides may have a resolution that does not fit the space it names.
    if (error instanceof FastpathError && error.code === 'space.resolution') return null;
    throw error;
  }
}

type NetworkIdentity =
  | { space: string; resolution: number; classes: number; path: number[] }
  | { architecture: Architecture };

/** The networks, each with what the table adds up to for it; without where the table lacks one of its parts. */
export function compareWithSums(networks: readonly MeasuredNetwork[], table: LatencyTable): MeasuredNetwork[] {
  const model = new AdditiveLatencyModel(table);
  return networks.map((network) => {
    const { sumOfBlocksUs: _, ...timed } = network;
    const sumOfBlocksUs = sumOf(network, model);
    return sumOfBlocksUs === null ? timed : { ...timed, sumOfBlocksUs };
  });
}

function sumOf(network: MeasuredNetwork, model: AdditiveLatencyModel): number | null {
  try {
    // To a nanosecond.
    return Math.round(1000 * model.predict(measuredArchitecture(network)).latencyUs) / 1000;
  } catch (error) {
    if (error instanceof FastpathError) return null;
    throw error;
  }
}
