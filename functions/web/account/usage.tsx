/** @file `/app/usage`: what was used in a month, and the credit left. */
import { Hono } from 'hono';
import { usageQuerySchema } from '../../../shared/contract/api/usage.ts';
import { bytes, count, duration } from '../../../shared/format.ts';
import { columns } from '../../../shared/picture/bars.ts';
import { creditView } from '../../service/credit/view.ts';
import { monthOf, parseMonth } from '../../service/month.ts';
import { type MonthlyUsage, monthlyUsage } from '../../service/usage/monthly-usage.ts';
import { type DayOfUse, usageByDay } from '../../service/usage/usage-by-day.ts';
import { usageCsv } from '../../service/usage/usage-csv.ts';
import { Chart, TableBehind } from '../chart.tsx';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { type Fact, FactList } from '../fact-list.tsx';
import { TextField } from '../fields.tsx';
import { link } from '../links.ts';
import { page } from '../page.tsx';
import { readQuery } from '../query.ts';
import { needs } from '../sign-in/signed-in.ts';
import { usd } from '../words.tsx';

export function usageRoutes() {
  return new Hono<WebEnv>().get('/usage', needs('search'), async (c) => {
    const dependencies = c.get('dependencies');
    const { tenantId } = callerOf(c);
    const query = readQuery(c, usageQuerySchema);
    const month = query.month === undefined ? monthOf(dependencies.clock.now()) : parseMonth(query.month);
    const used = await monthlyUsage(dependencies, tenantId, month);
    if (query.format === 'csv') {
      return c.text(usageCsv(used), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="fastpath-usage-${used.month}.csv"`,
      });
    }
    return usagePage(c, used, await usageByDay(dependencies, tenantId, month));
  });
}

async function usagePage(c: WebContext, used: MonthlyUsage, days: readonly DayOfUse[]) {
  const credit = await creditView(c.get('dependencies'), callerOf(c).tenantId);
  const facts: Fact[] = [
    ['Cost', usd(used.costMicroUsd / 1e6)],
    ['Compute', duration(used.gpuSeconds)],
    ['Predictions', count(used.predictions)],
    ['Stored, bytes × days', bytes(used.storedByteDays)],
    ['Credit available', usd(credit.availableUsd)],
    ['Reserved for open orders', usd(credit.reservedUsd)],
  ];
  if (credit.monthLeftUsd !== null) facts.push(['Left of the monthly limit', usd(credit.monthLeftUsd)]);
  return page(
    c,
    { title: `Usage in ${used.month}`, pictures: true },
    <>
      <form method="get" action={link('/usage')} class="actions">
        <TextField name="month" label="Month, as 2026-11" value={used.month} />
        <button type="submit" class="quiet">
          Show
        </button>
        <a href={link('/usage', { month: used.month, format: 'csv' })}>As CSV</a>
      </form>
      <FactList facts={facts} />
      <div class="charts">
        <Chart
          name="cost"
          svg={columns({
            title: 'Cost a day, USD',
            bars: days.map(({ day, costUsd }) => ({ name: day.slice(5), value: costUsd })),
          })}
        />
        <Chart
          name="compute"
          svg={columns({
            title: 'Compute a day, minutes',
            bars: days.map(({ day, computeSeconds }) => ({ name: day.slice(5), value: computeSeconds / 60 })),
          })}
        />
      </div>
      <TableBehind
        name="days"
        table={{
          head: ['Day', 'Cost', 'Compute', 'Predictions'],
          rows: days.map(({ day, costUsd, computeSeconds, predictions }) => [
            day,
            usd(costUsd),
            duration(computeSeconds),
            String(predictions),
          ]),
        }}
      />
      <h2>By search</h2>
      <Searches used={used} />
    </>,
  );
}

function Searches({ used }: { used: MonthlyUsage }) {
  if (used.searches.length === 0) return <p>No attempt ended in this month.</p>;
  return (
    <section class="table" tabindex={0} aria-label="Usage by search">
      <table>
        <thead>
          <tr>
            <th scope="col">Search</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col" class="number">
              Compute
            </th>
            <th scope="col" class="number">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {used.searches.map(({ searchId, attempts, gpuSeconds, costMicroUsd }) => (
            <tr>
              <th scope="row">
                <a href={link(`/searches/${searchId}`)} class="id">
                  {searchId}
                </a>
              </th>
              <td class="number">{attempts}</td>
              <td class="number">{duration(gpuSeconds)}</td>
              <td class="number">{usd(costMicroUsd / 1e6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
