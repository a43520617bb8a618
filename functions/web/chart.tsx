/** @file A chart with the table behind it. */

import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { Table } from '../../shared/picture/live/run.js';

/** @param svg has title and description of its own */
export function Chart({ name, svg, children }: { name: string; svg: string; children?: Child }) {
  return (
    <figure>
      <div id={`chart-${name}`}>{raw(svg)}</div>
      {children}
    </figure>
  );
}

/** @param name of the chart, by which it is filled anew */
export function TableBehind({ name, table, words = 'As a table' }: { name: string; table: Table; words?: string }) {
  return (
    <details>
      <summary>{words}</summary>
      <section class="table" tabindex={0} aria-label={words}>
        <table>
          <thead>
            <tr>
              {table.head.map((head) => (
                <th scope="col">{head}</th>
              ))}
            </tr>
          </thead>
          <tbody id={`table-${name}`}>
            {table.rows.map((cells) => (
              <tr>
                {cells.map((cell) => (
                  <td>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
