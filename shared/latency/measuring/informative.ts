/**
 * @file Which networks and which parts a short measurement times: those that tell most about all networks of a space,
 * under a rough belief of what parts cost on a processor. Only the belief's proportions matter, and only to the choice.
 */
import { chooseExperiments, chooseNetworks } from '../design.ts';
import type { NamedPart, Part } from '../part.ts';
import { type PhysicalFeatures, physicalFeatures } from '../physical.ts';
import { signatureOf } from '../signature.ts';

/** Microseconds for each feature, of the order of one core; believed only to within a factor of two. */
const believedUs: PhysicalFeatures = {
  part: 3,
  denseMillionMacs: 30,
  depthwiseMillionMacs: 150,
  megabytesMoved: 50,
  parameterMegabytes: 50,
};
/** how far one kind of part may lie from what its size says, as a fraction */
const ownDeviation = 0.3;
/** deviation of one timing, as a fraction */
const timingDeviation = 0.03;
const options = { noiseVariance: timingDeviation ** 2 };

/** Indices of the `count` networks to time, each given by its parts. */
export function informativeNetworks(networks: readonly (readonly NamedPart[])[], count: number): number[] {
  return chooseNetworks(rows(networks), count, options);
}

/** Indices of the `count` parts to time beside the networks `timed`, to predict all `networks`. */
export function informativeParts(
  parts: readonly Part[],
  networks: readonly (readonly NamedPart[])[],
  timed: readonly number[],
  count: number,
): number[] {
  const alone = parts.map((part) => [{ name: part.kind, part }]);
  const all = rows([...networks, ...alone]);
  const pool = all.slice(0, networks.length);
  const chosenNetworks = timed.map((i) => pool[i]!);
  const candidates = [...chosenNetworks, ...all.slice(networks.length)];
  const given = timed.map((_, i) => i);
  return chooseExperiments({ candidates, pool, count, given, ...options }).map((i) => i - given.length);
}

/**
 * A row for each list of parts: the believed share of each feature in its latency, then the share of each kind of part
 * that occurs anywhere. As shares, so that noise and accuracy count relative to the latency.
 */
function rows(lists: readonly (readonly NamedPart[])[]): number[][] {
  const kinds = new Map<string, { column: number; shares: number[] }>();
  const features = Object.keys(believedUs).length;
  const described = lists.map((parts) =>
    parts.map(({ part }) => {
      const signature = signatureOf(part);
      const known = kinds.get(signature) ?? { column: features + kinds.size, shares: believedCosts(part) };
      kinds.set(signature, known);
      return known;
    }),
  );
  return described.map((parts) => {
    const row = new Array<number>(features + kinds.size).fill(0);
    for (const { column, shares } of parts) {
      for (const [i, us] of shares.entries()) {
        row[i]! += us;
        row[column]! += ownDeviation * us;
      }
    }
    const wholeUs = row.slice(0, features).reduce((sum, us) => sum + us, 0);
    return row.map((value) => value / wholeUs);
  });
}

/** Microseconds by feature, in the order of `believedUs`. */
function believedCosts(part: Part): number[] {
  const features = physicalFeatures(part);
  return Object.entries(believedUs).map(([name, us]) => us * features[name as keyof PhysicalFeatures]);
}
