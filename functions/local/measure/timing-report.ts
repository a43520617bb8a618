/** @file What timing one network found, in lines. */
import type { NetworkTiming } from '../../../shared/contract/verification.ts';
import { milliseconds, percent } from '../../../shared/format.ts';
import { type Console, writeLine } from '../console.ts';

/** The machine counts as another one than was measured from here on. */
const otherSpeed = 0.05;

/** @param budgetMs where the network is to keep one */
export function printTiming(timing: NetworkTiming, budgetMs: number | null, { out, err }: Console): void {
  const { hardware, architectureId, predictedMs, lowMs, highMs, measuredMs, spreadMs, visits, correctedMs } = timing;
  writeLine(out, `architecture ${architectureId} on ${hardware}`);
  const budget = budgetMs === null ? '' : `, ${measuredMs > budgetMs ? 'over' : 'within'} ${milliseconds(budgetMs)}`;
  writeLine(
    out,
    `  measured ${milliseconds(measuredMs)} (spread ${milliseconds(spreadMs)}, ${visits} visits)${budget}`,
  );
  writeLine(out, `  predicted ${milliseconds(predictedMs)} before (${milliseconds(lowMs)} to ${milliseconds(highMs)})`);
  writeLine(out, `  predicted ${milliseconds(correctedMs)} after: the model has learnt from this timing`);
  const { othersNowOverThen, unstable } = timing;
  if (othersNowOverThen !== null && Math.abs(othersNowOverThen - 1) > otherSpeed) {
    const how = `${percent(Math.abs(othersNowOverThen - 1))} ${othersNowOverThen > 1 ? 'longer' : 'shorter'}`;
    writeLine(
      err,
      `warning: networks timed for ${hardware} before take ${how} now: close what else runs, or measure anew`,
    );
  }
  if (unstable) writeLine(err, 'warning: the machine changed its speed by more than 3 %: time again when it is quiet');
}
