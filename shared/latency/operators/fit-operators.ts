/**
 * @file Fits a device's operator model to timed probes. A probe's time is a sum over its operators of quantities of work
 * times weights that are not negative, solved in relative errors. Single operators, called again and again, tell what each
 * kind's time grows with, but they find their weights and maps in caches. Whole networks tell the rest: first how much
 * longer or shorter each kind takes there as a whole, then, held to that, each weight by itself.
 */
import type { OperatorTimings } from '../../contract/latency.ts';
import type { OperatorModel } from '../../contract/latency-model.ts';
import { type Equation, solveByName } from './named-equations.ts';
import type { OperatorWeights } from './operator-costs.ts';
import { type DescribedProbe, describeProbe, quantity, splitQuantity, wholeUs } from './probe-work.ts';

/** How firmly kinds are held to what they take alone, and weights to those of their kind: as equations of such weight. */
const hold = { kinds: 0.1, weights: 0.5 };
const folds = 5;
/** standard deviation where no whole network tells */
const unseenDeviation = 0.3;
const digits = 4;

/** @param overheadUs what a call costs by itself */
export function fitOperators({ probes, channelBlock }: OperatorTimings, overheadUs: number): OperatorModel {
  const described = probes
    .filter(({ latencyUs }) => latencyUs > overheadUs)
    .map((probe) => describeProbe(probe, channelBlock, overheadUs));
  const alone = solveByName(described.filter(({ whole }) => !whole).map((probe) => equation(probe, probe.work)));
  const networks = described.filter(({ whole }) => whole);
  const errors = Array.from({ length: Math.min(folds, networks.length) }, (_, fold) => {
    const weights = inNetworks(
      alone,
      networks.filter((_, i) => i % folds !== fold),
    );
    const held = networks.filter((_, i) => i % folds === fold);
    return held.map((probe) => wholeUs(probe, weights) / probe.ownUs - 1);
  }).flat();
  const squares = errors.reduce((sum, error) => sum + error ** 2, 0);
  const relativeDeviation = errors.length === 0 ? unseenDeviation : Math.sqrt(squares / errors.length);
  return { channelBlock, ...inNetworks(alone, networks), relativeDeviation: rounded(relativeDeviation) };
}

/** @param alone microseconds by quantity, of operators called again and again */
function inNetworks(alone: ReadonlyMap<string, number>, networks: readonly DescribedProbe[]): OperatorWeights {
  const kindOf = (name: string) => splitQuantity(name).kind;
  const kinds = new Set([...alone.keys()].map(kindOf));
  const byKind = networks.map((probe) => {
    const sums = new Map(probe.cold);
    for (const [name, amount] of probe.work) {
      const us = alone.get(name);
      if (us !== undefined) sums.set(kindOf(name), (sums.get(kindOf(name)) ?? 0) + amount * us);
    }
    return equation(probe, sums);
  });
  const held = [...kinds].map((kind) => ({ left: new Map([[kind, hold.kinds]]), right: hold.kinds }));
  const factors = solveByName([...byKind, ...held]);

  const shares = new Map<string, number>();
  const byWeight = networks.map((probe) => {
    const known = [...probe.work].filter(([name]) => alone.has(name));
    const own = equation(probe, new Map([...known, ...probe.cold]));
    for (const [name, share] of own.left) shares.set(name, Math.hypot(shares.get(name) ?? 0, share));
    return own;
  });
  const anchors = [...alone].map(([name, us]): Equation => {
    const weight = hold.weights * (shares.get(name) ?? 1);
    return { left: new Map([[name, weight]]), right: weight * us * factors.get(kindOf(name))! };
  });
  return weightsOf(solveByName([...byWeight, ...anchors]));
}

/** As fractions of the probe's time, so that errors count relative to it. */
function equation({ latencyUs, ownUs }: DescribedProbe, work: ReadonlyMap<string, number>): Equation {
  return { left: new Map([...work].map(([name, amount]) => [name, amount / latencyUs])), right: ownUs / latencyUs };
}

function weightsOf(solved: ReadonlyMap<string, number>): OperatorWeights {
  const kindsUs: OperatorWeights['kindsUs'] = {};
  const cold = (name: string) => rounded(solved.get(quantity('cold', name)) ?? 0);
  for (const [key, us] of solved) {
    const { kind, name } = splitQuantity(key);
    if (kind === 'cold') continue;
    kindsUs[kind] = { ...kindsUs[kind], [name]: rounded(us) };
  }
  return { kindsUs, coldUs: { call: cold('call'), weights: cold('weights'), maps: cold('maps') } };
}

function rounded(value: number): number {
  return Number(value.toPrecision(digits));
}
