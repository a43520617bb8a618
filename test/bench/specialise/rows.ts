/** @file What the benchmark's table says: a row for each number that was asked for, then what it rests on. */
import type { Measurement } from '../report.ts';
import { deviation, mean } from '../search-statistics.ts';
import { claimsOf } from './claims.ts';
import { devices } from './devices.ts';
import { hourlyPrices, priceUsd } from './price.ts';
import type { Proof } from './proof.ts';
import { latencyOf, matrixOf, top1Of, trainingSecondsOf } from './results.ts';
import { chosenOf } from './searches.ts';
import { type Claim, holds } from './verdicts.ts';

/** Of the whole in one go. */
const most = { full: 150, quick: 15 };

/** @param tookMinutes wall time of all runs in the folder */
export function rowsOf(proof: Proof, tookMinutes: number): Measurement[] {
  return [
    ...claimsOf(proof).flatMap(claimRows),
    ...networkRows(proof),
    ...costRows(proof),
    {
      ...{ name: 'all of it, wall time', value: tookMinutes, unit: 'min', target: { atMost: most[proof.form.name] } },
      note: settingOf(proof),
    },
  ];
}

export function verdictOf(claim: Claim): string {
  const held = holds(claim);
  return held === null ? 'cannot tell' : held ? 'holds' : 'does not hold';
}

/** What all numbers of a run rest on. */
export function settingOf({ form, plan, images }: Proof): string {
  const size = form.name === 'quick' ? 'Quick form: it shows that all of it runs, and proves nothing. ' : '';
  return (
    `${size}CIFAR-10, ${images.train} training and ${images.test} test images at 32 pixels; searches of ` +
    `${plan.warmupEpochs} + ${plan.searchEpochs} epochs, an architecture step every two weight steps; every network ` +
    `trained ${plan.trainingEpochs} ${plan.trainingEpochs === 1 ? 'epoch' : 'epochs'} from scratch with ${form.seeds.length} seeds`
  );
}

function claimRows(claim: Claim): Measurement[] {
  const interval = claim.interval === null ? '' : `, 95 % interval ${claim.interval}`;
  const because = claim.reason === '' ? '' : `; ${claim.reason}`;
  const note = `asked: ${claim.asked}; measured ${claim.measured}${interval}: ${verdictOf(claim)}${because}`;
  return claim.numbers.map(({ of, value, unit, target }, i) => ({
    ...{ name: `${claim.claim}: ${of}`, value, unit, target },
    ...(i === 0 ? { note } : {}),
  }));
}

function networkRows(proof: Proof): Measurement[] {
  const { held } = proof.searches;
  return [
    ...held.map(({ device, ...rest }): Measurement => {
      const top1 = top1Of(proof, chosenOf({ device, ...rest }));
      const note = `mean of ${top1.length} seeds, sd ${deviation(top1).toFixed(1)}`;
      return { name: `network of ${device.label}: top-1`, value: mean(top1), unit: '%', note };
    }),
    ...matrixOf(proof).flatMap((row, device) =>
      row.map(({ latencyMs: { median: value, low, high } }, i): Measurement => {
        return {
          ...{ name: `network of ${held[i]!.device.label} on ${devices[device]!.label}`, value, unit: 'ms' },
          note: `95 % interval ${low.toPrecision(4)} to ${high.toPrecision(4)}; drift ${(100 * proof.timings[device]!.drift).toFixed(1)} %`,
        };
      }),
    ),
    ...proof.baselines.map(({ widthMultiplier, architecture }): Measurement => {
      const where = devices.map(
        ({ label }, i) => `${latencyOf(proof, i, architecture).median.toPrecision(3)} ms on ${label}`,
      );
      const name = `MobileNetV2's shape × ${widthMultiplier}: top-1`;
      return { name, value: mean(top1Of(proof, architecture)), unit: '%', note: where.join(', ') };
    }),
  ];
}

function costRows(proof: Proof): Measurement[] {
  const { warmUpSeconds, searchSeconds, held } = proof.searches;
  const rows = [
    { name: 'a search', seconds: warmUpSeconds + searchSeconds[0]! },
    { name: 'a search for one more device behind the same warm-up', seconds: searchSeconds[1]! },
    { name: 'a training of the network found', seconds: trainingSecondsOf(proof, chosenOf(held[0]!)) },
  ];
  return rows.map(({ name, seconds }) => {
    const usd = hourlyPrices.map((price) => `${price.instanceType} ${priceUsd(price, seconds).toFixed(4)}`).join(', ');
    const note = `price in USD, were they as fast as this machine, all processors at work: ${usd}`;
    return { name: `${name}: seconds of one core`, value: seconds, unit: 's', note };
  });
}
