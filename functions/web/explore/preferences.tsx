/** @file Which candidates each device prefers: what a larger kernel or expansion costs there, place by place. */
import { FastpathError } from '../../../shared/errors.ts';
import { costTable } from '../../../shared/latency/cost-table.ts';
import type { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { blockName } from '../../../shared/space/path.ts';
import type { SupernetPlan } from '../../../shared/space/plan.ts';

/** Latency of one operation over another's, per device; null where the device's model does not know them. */
export interface Preference {
  /** the block it was looked at in */
  place: string;
  ratios: (number | null)[];
}

/** The first and the last block of each stage tell it: blocks between are like the last. */
export function kernelPreferences(
  plan: SupernetPlan,
  models: readonly FittedLatencyModel[],
  [large, small]: readonly [number, number],
): Preference[] {
  const tables = models.map((model) => {
    try {
      return costTable(plan, model);
    } catch (error) {
      if (error instanceof FastpathError) return null;
      throw error;
    }
  });
  const places = plan.blocks.flatMap((block, i) => {
    const isFirst = block.position === 0;
    const isLast = plan.blocks[i + 1]?.stage !== block.stage;
    return isFirst || isLast ? [{ block, i }] : [];
  });
  return places.map(({ block, i }) => {
    const pairs = block.candidates.flatMap((candidate, a) => {
      if (candidate.op === 'zero' || candidate.kernel !== large) return [];
      const b = block.candidates.findIndex(
        (other) => other.op !== 'zero' && other.kernel === small && other.expansion === candidate.expansion,
      );
      return b < 0 ? [] : [[a, b] as const];
    });
    const ratios = tables.map((table) => {
      if (table === null || pairs.length === 0) return null;
      const costs = table.blocks[i]!;
      return pairs.reduce((sum, [a, b]) => sum + costs[a]! / costs[b]!, 0) / pairs.length;
    });
    return { place: `${blockName(block)}, ${block.inputSize} pixels`, ratios };
  });
}

export function Preferences(props: {
  title: string;
  models: readonly FittedLatencyModel[];
  preferences: readonly Preference[];
}) {
  const { title, models, preferences } = props;
  return (
    <section class="table" tabindex={0} aria-label={title}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Place</th>
            {models.map(({ hardware }) => (
              <th scope="col" class="number">
                {hardware.id}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preferences.map(({ place, ratios }) => (
            <tr>
              <th scope="row">{place}</th>
              {ratios.map((ratio) => (
                <td class={`number ${ratio !== null && ratio === least(ratios) ? 'best' : ''}`}>
                  {ratio === null ? '–' : `${ratio.toFixed(2)} ×`}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const least = (ratios: readonly (number | null)[]) =>
  Math.min(...ratios.map((ratio) => ratio ?? Number.POSITIVE_INFINITY));
