/** @file One search, followed live. */
import type { Attempt, SearchDetail } from '../../../shared/contract/api/searches.ts';
import type { StepRecord } from '../../../shared/contract/progress.ts';
import { bytes, count, duration, milliseconds, percent } from '../../../shared/format.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { Chart, TableBehind } from '../chart.tsx';
import { FactList } from '../fact-list.tsx';
import { link } from '../links.ts';
import { State, Time, usd } from '../words.tsx';
import type { SoFar } from './followed.ts';

/** State, progress and money: what is asked for again while the search runs. */
export function Facts(props: { search: SearchDetail; space: string; latest: StepRecord | null; costUsd: number }) {
  const { search, latest, costUsd } = props;
  const hasEnded = isTerminal(search.state);
  const facts: [string, string | ReturnType<typeof State>][] = [
    ['State', <State state={search.state} />],
    ['Space', props.space],
    ...search.constraints.hardware.map(({ id, budgetMs }): [string, string] => [
      `Budget on ${id}`,
      milliseconds(budgetMs),
    ]),
    ['Cost so far', usd(costUsd)],
    ['Most it may cost', usd(search.maxCostUsd)],
    ['Attempts', attemptWords(search.attempts)],
    ...(hasEnded && latest === null ? [] : stepFacts(latest, hasEnded)),
    ['Ordered', <Time at={search.createdAt} />],
    ...(search.endedAt === null ? [] : [['Ended', <Time at={search.endedAt} />] as [string, ReturnType<typeof Time>]]),
  ];
  return (
    <>
      {search.reason !== null && (
        <p class="trouble">
          {search.reason.message} <code>{search.reason.code}</code>
        </p>
      )}
      <FactList facts={facts} />
      {!hasEnded && <StepsDone latest={latest} />}
      {search.maxCostUsd > 0 && (
        <meter
          min={0}
          max={search.maxCostUsd}
          value={Math.min(costUsd, search.maxCostUsd)}
          aria-label="Cost of its limit"
        >
          {percent(costUsd / search.maxCostUsd)}
        </meter>
      )}
    </>
  );
}

function StepsDone({ latest }: { latest: StepRecord | null }) {
  const { step, steps } = latest ?? { step: 0, steps: 1 };
  return (
    <progress value={step} max={steps} aria-label="Steps done">
      {percent(Math.min(1, step / steps))}
    </progress>
  );
}

/** While it runs the same ones from before the first step on, each of one line: nothing below them moves. */
function stepFacts(latest: StepRecord | null, hasEnded: boolean): [string, string][] {
  const none = '–';
  if (latest === null) return stepFactNames.map((name) => [name, none]);
  const { step, steps, phase, imagesPerSecond, secondsLeft, validationAccuracy, rssBytes, skippedImages } = latest;
  const values = [
    `${step} of ${steps}`,
    percent(Math.min(1, step / steps)),
    phase,
    `${count(imagesPerSecond)} images/s`,
    hasEnded || secondsLeft === null ? none : duration(secondsLeft),
    validationAccuracy === null ? none : percent(validationAccuracy),
    bytes(rssBytes),
    String(skippedImages),
  ];
  return stepFactNames.map((name, i) => [name, values[i]!]);
}

const stepFactNames = [
  'Steps',
  'Done',
  'Phase',
  'Throughput',
  'Time left',
  'Validation accuracy',
  'Memory',
  'Images left out',
] as const;

/** A lost machine makes another attempt. */
function attemptWords({ length }: readonly Attempt[]): string {
  if (length <= 1) return String(length);
  return `${length}, ${length - 1} lost machine${length === 2 ? '' : 's'}`;
}

export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0) return <p>None has started yet.</p>;
  return (
    <section class="table" tabindex={0} aria-label="Attempts">
      <table>
        <thead>
          <tr>
            <th scope="col">Attempt</th>
            <th scope="col">Started</th>
            <th scope="col">Stopped</th>
            <th scope="col">Why</th>
            <th scope="col" class="number">
              Time
            </th>
            <th scope="col">Machine</th>
            <th scope="col" class="number">
              USD an hour
            </th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(({ n, startedAt, stoppedAt, exitReason, computeSeconds, instanceType, pricePerHourUsd }) => (
            <tr>
              <th scope="row">{n}</th>
              <td>
                <Time at={startedAt} />
              </td>
              <td>{stoppedAt === null ? 'runs' : <Time at={stoppedAt} />}</td>
              <td>{exitReason ?? ''}</td>
              <td class="number">{computeSeconds === null ? '–' : duration(computeSeconds)}</td>
              <td>{instanceType ?? '–'}</td>
              <td class="number">{pricePerHourUsd ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** All that is drawn of its progress, as it stands when the page is asked for. */
export function Progress({ soFar: { run } }: { soFar: SoFar }) {
  const charts = run.charts();
  const tables = run.tables();
  const named = (pattern: RegExp) => Object.keys(charts).filter((name) => pattern.test(name));
  return (
    <>
      <h2>Progress</h2>
      <div class="charts">
        {named(/^(loss|accuracy|latency-\d+|throughput)$/).map((name) => (
          <Chart name={name} svg={charts[name]!}>
            <TableBehind name={name} table={tables[name]!} />
          </Chart>
        ))}
      </div>
      {charts.network !== undefined && (
        <>
          <h2>The network</h2>
          <Chart name="network" svg={charts.network} />
          <h2>How each choice is made</h2>
          <p class="hint">
            Each row is a candidate, time runs to the right, and the stronger a cell, the more probable the candidate.
          </p>
          <TableBehind name="paths" table={tables.paths!} words="The latest probabilities of all blocks as a table" />
          <div class="charts">
            {named(/^block-/).map((name) => (
              <Chart name={name} svg={charts[name]!}>
                <TableBehind name={name} table={tables[name]!} />
              </Chart>
            ))}
          </div>
        </>
      )}
    </>
  );
}

export function Notes({ notes }: { notes: SoFar['notes'] }) {
  if (notes.length === 0) return null;
  return (
    <>
      <h2>Notes</h2>
      <ul>
        {notes.map(({ step, level, message }) => (
          <li>
            {level === 'warning' && <strong>Warning: </strong>}
            {message} <span class="soft">step {step}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Asks its job to end; what it has cost until then is charged. */
export function Cancel({ search }: { search: SearchDetail }) {
  if (isTerminal(search.state)) return null;
  return (
    <form method="post" action={link(`/searches/${search.id}/cancel`)}>
      <button type="submit" class="quiet">
        Cancel the search
      </button>
    </form>
  );
}
