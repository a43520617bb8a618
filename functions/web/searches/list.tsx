/** @file `/app/searches`: all searches, newest first. */
import { Hono } from 'hono';
import { searchQuerySchema } from '../../../shared/contract/api/searches.ts';
import { percent } from '../../../shared/format.ts';
import { searchStates } from '../../../shared/search-state/search-state.ts';
import { type SearchOverview, searchOverview } from '../../service/dashboard/search-overview.ts';
import { callerOf, type WebEnv } from '../context.ts';
import { link } from '../links.ts';
import { page } from '../page.tsx';
import { Pages } from '../pages-of.tsx';
import { readQuery } from '../query.ts';
import { needs } from '../sign-in/signed-in.ts';
import { State, Time, targetWords, usd } from '../words.tsx';

const perPage = 25;

export function searchListRoutes() {
  return new Hono<WebEnv>().get('/searches', needs('search'), async (c) => {
    const query = readQuery(c, searchQuerySchema);
    const { state, orderId, after } = query;
    const listed = await searchOverview(c.get('dependencies'), callerOf(c).tenantId, { ...query, limit: perPage });
    return page(
      c,
      { title: 'Searches', scripts: ['parts.js'] },
      <>
        <div class="actions">
          <a class="button" href={link('/searches/new')}>
            New search
          </a>
          <form method="get" action={link('/searches')} class="actions">
            <label for="state">State</label>
            <select id="state" name="state">
              <option value="">all</option>
              {searchStates.map((each) => (
                <option selected={each === state}>{each}</option>
              ))}
            </select>
            <button type="submit" class="quiet">
              Show
            </button>
          </form>
        </div>
        <div id="searches" data-part data-refresh="5">
          {listed.items.length === 0 ? <Nothing all={state === undefined} /> : <Table searches={listed.items} />}
        </div>
        <Pages path="/searches" query={{ state, orderId }} after={after} next={listed.next} />
      </>,
    );
  });
}

function Nothing({ all }: { all: boolean }) {
  return (
    <p>
      {all ? 'No searches yet: register a data set, then start one.' : 'No search is in this state.'}{' '}
      <a href={link('/data')}>Data sets</a>
    </p>
  );
}

function Table({ searches }: { searches: readonly SearchOverview[] }) {
  return (
    // A wide table is scrolled by keyboard too.
    <section class="table" tabindex={0} aria-label="Searches">
      <table>
        <thead>
          <tr>
            <th scope="col">Search</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" class="number">
              Cost so far
            </th>
            <th scope="col" class="number">
              Limit
            </th>
            <th scope="col">Ordered</th>
          </tr>
        </thead>
        <tbody>
          {searches.map((search) => (
            <tr>
              <th scope="row">
                <a href={link(`/searches/${search.id}`)}>
                  {search.space} for {targetWords(search.constraints).join(', ')}
                </a>
              </th>
              <td>
                <State state={search.state} />
              </td>
              <td>
                <Progress search={search} />
              </td>
              <td class="number">{usd(search.costUsd)}</td>
              <td class="number">{usd(search.maxCostUsd)}</td>
              <td>
                <Time at={search.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Progress({ search: { latest, reason } }: { search: SearchOverview }) {
  if (latest === null) return <>{reason?.message ?? ''}</>;
  const { step, steps, phase } = latest;
  const share = Math.min(1, step / steps);
  return (
    <>
      {percent(share)} · {phase}
      <progress value={step} max={steps} aria-label="Steps done">
        {percent(share)}
      </progress>
    </>
  );
}
