/** @file What a search found: the network, its files, and those for other budgets. */

import type { NamedFile } from '../../../shared/contract/api/architectures.ts';
import { bytes, count, milliseconds, percent } from '../../../shared/format.ts';
import { scatter } from '../../../shared/picture/scatter.ts';
import type { Found, FoundNetwork } from '../../service/architectures/of-search.ts';
import { Chart, TableBehind } from '../chart.tsx';
import { link } from '../links.ts';

/** @param mayExplore whether the caller may open the network in the editor */
export function Result(props: {
  found: Found;
  files: readonly NamedFile[];
  budgetMs: number | null;
  mayExplore: boolean;
}) {
  const { result, others } = props.found;
  if (result === null) return null;
  const { metrics } = result;
  const { split, top1, top5, images } = metrics.evaluation;
  return (
    <section aria-labelledby="result">
      <h2 id="result">Result</h2>
      <dl class="facts">
        <Fact name={`Top-1 on ${count(images)} ${split} images`} value={percent(top1)} />
        <Fact name="Top-5" value={percent(top5)} />
        {metrics.latency.map(({ hardware, latencyMs, lowMs, highMs }) => (
          <Fact
            name={`Latency on ${hardware}`}
            value={`${milliseconds(latencyMs)} (${milliseconds(lowMs)} to ${milliseconds(highMs)})`}
          />
        ))}
        <Fact name="Multiply-adds" value={count(result.macs)} />
        <Fact name="Parameters" value={count(result.parameters)} />
        <Fact name="Weights" value={metrics.weights === 'trained' ? 'trained' : 'of the supernet'} />
      </dl>
      {props.mayExplore && (
        <p>
          <a href={link('/explore', { architecture: result.id })}>See it block by block, on any device</a>
        </p>
      )}
      <Files id={result.id} files={props.files} />
      {others.length > 0 && <Others result={result} others={others} budgetMs={props.budgetMs} />}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Files({ id, files }: { id: string; files: readonly NamedFile[] }) {
  if (files.length === 0) return null;
  return (
    <>
      <h3>Files</h3>
      <ul class="files">
        {files.map(({ name, bytes: size }) => (
          <li>
            <a href={link(`/architectures/${id}/files/${encodeURIComponent(name)}`)}>{name}</a>{' '}
            <span class="soft">{bytes(size)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Others(props: { result: FoundNetwork; others: readonly FoundNetwork[]; budgetMs: number | null }) {
  const all = [props.result, ...props.others]
    .filter(({ accuracy }) => accuracy !== null)
    .sort((a, b) => a.latencyMs - b.latencyMs);
  const title = 'Networks for other budgets';
  return (
    <Chart
      name="pareto"
      svg={scatter({
        ...{ title, xName: 'Predicted latency, ms', yName: 'Accuracy, %' },
        mark: props.budgetMs === null ? null : { name: 'budget', x: props.budgetMs },
        points: all.map(({ id, latencyMs, accuracy }) => ({
          name: id === props.result.id ? 'result' : id,
          x: latencyMs,
          y: 100 * accuracy!,
          kind: id === props.result.id ? 'chosen' : 'found',
        })),
      })}
    >
      <TableBehind
        name="pareto"
        table={{
          head: ['Network', 'Latency', 'Accuracy', 'Multiply-adds', 'Parameters'],
          rows: all.map(({ id, latencyMs, accuracy, macs, parameters }) => [
            id,
            milliseconds(latencyMs),
            percent(accuracy!),
            count(macs),
            count(parameters),
          ]),
        }}
      />
    </Chart>
  );
}
