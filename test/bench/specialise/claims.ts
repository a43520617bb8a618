/** @file The claims with what was asked and measured. Every verdict is arithmetic on this run's numbers. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { MeanInterval } from '../search-statistics.ts';
import { plan as supernet } from './budget.ts';
import { devices, parallel, second } from './devices.ts';
import { leastShare, slowdownOf } from './hold.ts';
import { largeKernelRatio, largeKernelTime } from './preferences.ts';
import type { Proof } from './proof.ts';
import { curvesOf, latencyOf, macsExplain, placesOf, pointsAbove, timeRatio } from './results.ts';
import { chosenOf } from './searches.ts';
import { type Claim, factorOf, rivalPoints } from './verdicts.ts';

const askedSpeedUp = 1.3;
const askedWarmStartShare = 15;
const askedMemory = { oneNetwork: 1.3, allPaths: 5 };
/** Networks whose measured times differ by a larger share are not compared by accuracy alone. */
const equalLatency = 0.05;

export function claimsOf(proof: Proof): Claim[] {
  return [
    ...fastestClaims(proof),
    ...speedUpClaims(proof),
    ...heldClaims(proof),
    warmStartClaim(proof),
    proxyClaim(proof),
    largeKernelClaim(proof),
    memoryClaim(proof),
    ...formClaims(proof),
  ];
}

function fastestClaims(proof: Proof): Claim[] {
  return placesOf(proof).map(({ verdict, closest }, i) => {
    const ratio = closest && factorOf(closest.logRatio);
    const worst = verdict === 'slower' ? ratio!.low : Math.min(1, ratio?.low ?? 0);
    return {
      claim: `${devices[i]!.label}: its own network is the fastest of those within ${rivalPoints} point of its accuracy`,
      numbers: [{ of: 'time over the fastest rival, lower end', value: worst, unit: '×', target: { atMost: 1 } }],
      asked: 'fastest, or tied within the interval',
      measured: ratio
        ? `${verdict}; ${ratio.median.toFixed(3)} × the time of the ${closest.name}`
        : 'no other within a point',
      interval: ratio && span(ratio, 3, '×'),
      reason: `${othersOf(proof, i)}${verdict === 'slower' ? oneRank : ''}`,
    };
  });
}

const oneRank =
  '; budgets are of one rank on each device, not of one time, and networks use 95 to 100 % of them: one that leaves some ' +
  'of its own unused is faster elsewhere, too';

function othersOf(proof: Proof, device: number): string {
  const { held } = proof.searches;
  const own = chosenOf(held[device]!);
  const others = held.filter((_, i) => i !== device);
  const words = others.map((one) => {
    const other = chosenOf(one);
    const { low, high, mean: points } = pointsAbove(proof, other, own);
    const ratio = timeRatio(proof, device, other, own);
    return `network of ${one.device.label}: ${signed(points)} points (${signed(low)} to ${signed(high)}), ${ratio.median.toFixed(2)} × the time`;
  });
  return `the others against it: ${words.join('; ')}`;
}

function speedUpClaims(proof: Proof): Claim[] {
  return devices.slice(0, proof.plan.curveDevices).map(({ label }, device) => {
    const { speedUp, bySeed } = curvesOf(proof, device);
    const common = {
      claim: `${label}: faster at equal accuracy than MobileNetV2's shape in widths`,
      asked: `≥ ${askedSpeedUp} ×, interval above 1.0 (published on a phone: 1.83)`,
    };
    const seeds = `by seed ${bySeed.map((one) => (one === null ? 'none' : one.toFixed(2))).join(', ')}`;
    if (speedUp === null) {
      const reason = `${seeds}: curves reach no common accuracy, and nothing is extrapolated`;
      return { ...common, numbers: [], measured: 'not comparable', interval: null, reason };
    }
    return {
      ...common,
      numbers: [
        { of: 'speed-up', value: speedUp.mean, unit: '×', target: { atLeast: askedSpeedUp } },
        { of: 'speed-up, lower end', value: speedUp.low, unit: '×', target: { above: 1 } },
      ],
      measured: `${speedUp.mean.toFixed(2)} ×`,
      interval: span(speedUp, 2, '×'),
      reason: `${seeds}${speedUpReason(proof, device, speedUp)}`,
    };
  });
}

function speedUpReason(proof: Proof, device: number, { mean: middle, low }: MeanInterval): string {
  if (middle >= askedSpeedUp) return low > 1 ? '' : ': too few seeds for how much they differ';
  return (
    `; the space has ${supernet.blocks.length} choice blocks where the published one has 21; trained ` +
    `${proof.plan.trainingEpochs} epochs; over all networks timed, multiply-adds explain ` +
    `${(100 * macsExplain(proof, device)).toFixed(0)} % of the variance of latency there`
  );
}

/** Judged by the last timing, in which no network was chosen, at the speed of the device's table. */
function heldClaims(proof: Proof): Claim[] {
  return proof.searches.held.map(({ device, tries, chosen, constraint, slowdowns }, i) => {
    const slowdown = slowdownOf(proof.timings[i]!, proof.tables[i]!);
    const percent = (ms: number) => (100 * ms) / constraint.budgetMs;
    const percentNow = (ms: number) => percent(ms / slowdown);
    const latencyMs = latencyOf(proof, i, tries[chosen]!.architecture);
    const value = percentNow(latencyMs.median);
    const isHeld = value >= 100 * leastShare && value <= 100;
    const reaches = percentNow(latencyMs.high) >= 100 * leastShare && percentNow(latencyMs.low) <= 100;
    const timed = tries.map((one) => `${percent(one.measuredMs).toFixed(1)} (${percent(one.predictedMs).toFixed(1)})`);
    return {
      claim: `${device.label}: the budget of ${constraint.budgetMs} ms is kept by the clock`,
      numbers: [
        { of: 'of the budget, at most', value, unit: '%', target: { atMost: 100 } },
        { of: 'of the budget, at least', value, unit: '%', target: { atLeast: 100 * leastShare } },
      ],
      asked: '95 to 100 % of it',
      measured: `${value.toFixed(1)} %`,
      interval: `${percentNow(latencyMs.low).toFixed(1)} to ${percentNow(latencyMs.high).toFixed(1)} %`,
      reason:
        `${!isHeld && reaches ? 'its interval reaches into what was asked; ' : ''}` +
        `timed in a run of its own, behind all trainings; networks timed while it was searched (predicted before), in ` +
        `% of it: ${timed.join(', ')}; all at the speed that the machine had when the device's table was made: networks ` +
        `of it took ${[...slowdowns, slowdown].map((ratio) => ratio.toFixed(2)).join(', ')} × their time there since`,
    };
  });
}

function warmStartClaim(proof: Proof): Claim {
  const { warmStarts, control, warmUpSeconds, searchSeconds, held } = proof.searches;
  const full = warmUpSeconds + searchSeconds[second]!;
  const own = chosenOf(held[second]!);
  const tries = warmStarts.map(({ architecture, seconds }) => {
    return { percent: (100 * seconds) / full, points: pointsAbove(proof, architecture, own) };
  });
  const enough = tries.find(({ points }) => points.mean >= -1);
  const words = tries.map(({ percent, points }) => `${percent.toFixed(0)} %: ${signed(points.mean)} points`).join(', ');
  const drawn = pointsAbove(proof, control.architecture, own).mean;
  const target = { atMost: askedWarmStartShare };
  const least = enough === tries[0] ? '; shorter ones were not tried: starting and scoring do not get shorter' : '';
  return {
    claim: `${devices[second]!.label} from the first device's supernet, within 1 point of its own full search`,
    numbers: [{ of: 'compute', value: enough?.percent ?? Number.POSITIVE_INFINITY, unit: '%', target }],
    asked: `≤ ${askedWarmStartShare} % of that search's compute`,
    measured: enough ? `${enough.percent.toFixed(0)} %` : 'not reached',
    interval: enough ? span(enough.points, 1, 'points') : null,
    reason: `${words}${least}; a network drawn at random for that budget: ${signed(drawn)} points`,
  };
}

function proxyClaim(proof: Proof): Claim {
  const { proxy } = proof.searches;
  const { proxyWarmupEpochs, proxySearchEpochs } = proof.plan;
  const share = (100 * proof.images.proxyTrain) / proof.images.train;
  return differenceClaim(
    `search directly on the task finds better than search on a proxy of half the side and ${share.toFixed(0)} % of the images`,
    proof,
    proxy.architecture,
    `the proxy: ${proxyWarmupEpochs} + ${proxySearchEpochs} epochs on ${proof.images.proxyTrain} images, ${proxy.seconds.toFixed(0)} s of one core`,
  );
}

function formClaims(proof: Proof): Claim[] {
  const [gradient, ...others] = proof.searches.forms;
  return others.map(({ name, architecture, seconds, note }) =>
    differenceClaim(
      `gradient search with a hard target finds better than ${name}`,
      proof,
      architecture,
      [`${gradient!.seconds.toFixed(0)} s against ${seconds.toFixed(0)} s of one core`, note]
        .filter(Boolean)
        .join('; '),
    ),
  );
}

/**
 * The first device's own network against what another way found for it. Where their latency is not equal, accuracies tell
 * only if the faster one is the more accurate one, too.
 */
function differenceClaim(claim: string, proof: Proof, other: Architecture, setting: string): Claim {
  const own = chosenOf(proof.searches.held[0]!);
  const difference = pointsAbove(proof, own, other);
  const ratio = timeRatio(proof, 0, other, own).median;
  const isEqual = Math.abs(ratio - 1) <= equalLatency;
  const isTold = isEqual || ratio - 1 > 0 === difference.mean > 0;
  const isSame = architectureId(own) === architectureId(other);
  const isTied = difference.low <= 0 && difference.high >= 0;
  const words = [
    ...(isSame ? ['both found the same network'] : [`the other takes ${ratio.toFixed(3)} × the time`]),
    ...(isTold ? [] : ['too far from equal to compare accuracies']),
    ...(difference.high < 0
      ? ['likely: at this size what a network is worth shows in a training of its own, not in shared weights']
      : []),
    ...(isTied && !isSame ? ['a tie: so few seeds and epochs tell no smaller difference'] : []),
    setting,
  ];
  return {
    claim,
    numbers: isTold
      ? [{ of: 'difference, lower end', value: difference.low, unit: 'points', target: { above: 0 } }]
      : [],
    asked: 'more accurate, interval above 0',
    measured: `${signed(difference.mean)} points`,
    interval: span(difference, 1, 'points'),
    reason: words.join('; '),
  };
}

function largeKernelClaim({ tables }: Proof): Claim {
  const ratio = largeKernelRatio(tables[0]!, tables[parallel]!);
  const plain = [0, parallel]
    .map((device) => `${largeKernelTime(tables[device]!).toFixed(2)} × kernel 3 on ${devices[device]!.label}`)
    .join(', ');
  return {
    claim: 'large kernels pay on parallel hardware: price of k7 over k3 a multiply-add, with 2 threads over 1',
    numbers: [{ of: 'ratio, upper end', value: ratio.high, unit: '×', target: { atMost: 1 } }],
    asked: '< 1, its interval too',
    measured: `${ratio.mean.toFixed(3)} ×`,
    interval: span(ratio, 3, '×'),
    reason: `two threads of one processor are far from as parallel as a GPU; in plain time, call and hand-over to threads included, kernel 7 takes ${plain}`,
  };
}

function memoryClaim({ memory }: Proof): Claim {
  const step = Math.max(memory.weightStepBytes, memory.architectureStepBytes) / memory.plainBytes;
  const all = memory.allPathsBytes / memory.plainBytes;
  return {
    claim: 'a search takes the memory of training one network, not that of all paths',
    numbers: [
      {
        of: 'a step of the search over one of the network found',
        value: step,
        unit: '×',
        target: { atMost: askedMemory.oneNetwork },
      },
      { of: 'all paths over the network found', value: all, unit: '×', target: { atLeast: askedMemory.allPaths } },
    ],
    asked: `≤ ${askedMemory.oneNetwork} ×; all paths kept: ≥ ${askedMemory.allPaths} ×`,
    measured: `${step.toFixed(2)} ×; all paths ${all.toFixed(1)} ×`,
    interval: null,
    reason: `the architecture step holds the dearest inactive candidate of every block beside the path; the space has ${supernet.blocks[0]!.candidates.length} candidates a block`,
  };
}

function span({ low, high }: Pick<MeanInterval, 'low' | 'high'>, digits: number, unit: string): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)} ${unit}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
}
