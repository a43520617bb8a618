/** @file What an order would take, search by search, and which latencies its devices allow. */
import type { EstimateRequest } from '../../../shared/contract/api/orders.ts';
import { duration, milliseconds } from '../../../shared/format.ts';
import type { Reachable } from '../../service/orders/reachable.ts';
import { type Fact, FactList } from '../fact-list.tsx';
import { sentence } from '../trouble.tsx';
import { targetWords, usd } from '../words.tsx';
import type { Answer, DeviceReach, Estimate } from './estimate.ts';

export function Reach({ reach }: { reach: readonly DeviceReach[] }) {
  if (reach.length === 0) return <p>Choose a space and a device to see which latencies are possible.</p>;
  return (
    <>
      {reach.map(({ hardware, answer }) =>
        'trouble' in answer ? (
          <p>{sentence(answer.trouble)}</p>
        ) : (
          <p>
            Networks of this space take <strong>{range(answer.value)}</strong> on {hardware}.
          </p>
        ),
      )}
    </>
  );
}

const range = ({ leastMs, mostMs }: Reachable) => `${milliseconds(leastMs)} to ${milliseconds(mostMs)}`;

export function Estimated(props: { answer: Answer<Estimate> | null; reach: readonly DeviceReach[] }) {
  const { answer, reach } = props;
  if (answer === null) return <p class="soft">Enter data set, space, device and budget to see time and cost.</p>;
  if ('trouble' in answer) return <p class="trouble">{sentence(answer.trouble)}</p>;
  const { basis, credit } = answer.value.estimate;
  const facts: Fact[] = [
    ['Steps a search', String(basis.weightSteps + basis.architectureSteps + basis.trainingSteps)],
    ['Credit available', usd(credit.availableUsd)],
  ];
  return (
    <>
      <SearchTable {...answer.value} reach={reach} />
      <FactList facts={facts} />
      {credit.sufficient === false && <p class="trouble">The credit does not cover this.</p>}
      <ul class="hint">
        {basis.notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </>
  );
}

interface Line {
  name: string;
  possible: string;
  searches: number | null;
  /** null where it is not known */
  seconds: number | null;
  costUsd: number | null;
}

/** All searches of an order do the same work, whatever they are for. */
function linesOf({ request, estimate }: Estimate, reach: readonly DeviceReach[]): Line[] {
  const { seconds, costUsd, secondsPerSearch, warmUpSeconds, searches, basis } = estimate;
  const costOf = (time: number | null) => time && (time / 3600) * basis.price.pricePerHourUsd;
  const possible = ({ hardware }: Target) => {
    const answer = reach.find((each) => each.hardware === hardware)?.answer;
    return answer !== undefined && 'value' in answer ? range(answer.value) : 'not known';
  };
  const groups = request.mode === 'joint' ? [request.targets] : request.targets.map((target) => [target]);
  const each = searches / groups.length;
  const time = secondsPerSearch && secondsPerSearch * each;
  const warmUp = { name: 'Warm-up that they share', possible: '', searches: null, seconds: warmUpSeconds };
  return [
    ...groups.map((targets) => ({
      name: targetWords({ hardware: targets.map(({ hardware, budgetMs }) => ({ id: hardware, budgetMs })) }).join(', '),
      possible: targets.map(possible).join('; '),
      ...{ searches: each, seconds: time, costUsd: costOf(time) },
    })),
    ...(warmUpSeconds === 0 ? [] : [{ ...warmUp, costUsd: costOf(warmUpSeconds) }]),
    { name: 'All together', possible: '', searches, seconds, costUsd },
  ];
}

type Target = EstimateRequest['targets'][number];

function SearchTable({ reach, ...asked }: Estimate & { reach: readonly DeviceReach[] }) {
  return (
    <section class="table" tabindex={0} aria-label="Searches of this order">
      <table>
        <thead>
          <tr>
            <th scope="col">A network for</th>
            <th scope="col">Possible there</th>
            {['Searches', 'Time', 'Cost'].map((head) => (
              <th scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {linesOf(asked, reach).map(({ name, possible, searches, seconds, costUsd }) => (
            <tr>
              <th scope="row">{name}</th>
              <td>{possible}</td>
              <td class="number">{searches ?? ''}</td>
              <td class="number">{seconds === null ? 'not known' : duration(seconds)}</td>
              <td class="number">{costUsd === null ? 'not known' : usd(costUsd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
