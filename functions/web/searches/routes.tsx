/** @file `/app/searches/{id}`: its page, its events, its history, cancelling it, and files of what it found. */
import { Hono } from 'hono';
import { architectureIdSchema, fileNameSchema } from '../../../shared/contract/api/architectures.ts';
import { idSchema } from '../../../shared/contract/api/common.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { networksOf } from '../../service/architectures/of-search.ts';
import { findFile, getArchitecture } from '../../service/architectures/read.ts';
import { costSoFar, spaceOfOrder } from '../../service/dashboard/search-overview.ts';
import { hasScope } from '../../service/keys/authenticate.ts';
import { eventStream, eventStreamDefaults } from '../../service/progress/event-stream.ts';
import { cancelSearch } from '../../service/searches/cancel.ts';
import { findSearch, searchMissing } from '../../service/searches/find.ts';
import { getSearch } from '../../service/searches/read.ts';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { link } from '../links.ts';
import { page } from '../page.tsx';
import { needs } from '../sign-in/signed-in.ts';
import { targetWords } from '../words.tsx';
import { readSoFar } from './followed.ts';
import { Result } from './result.tsx';
import { Attempts, Cancel, Facts, Notes, Progress } from './show.tsx';

const linkSeconds = 300;

export function searchRoutes() {
  return new Hono<WebEnv>()
    .use('/searches/:id/*', needs('search'))
    .use('/architectures/*', needs('search'))
    .get('/searches/:id', showSearch)
    .get('/searches/:id/history', async (c) => {
      const { run, after } = await readSoFar(c.get('dependencies'), await ownSearch(c));
      return c.json({ ...run.saved(), after });
    })
    .get('/searches/:id/events', async (c) => {
      const search = await ownSearch(c);
      const after = Number(c.req.header('last-event-id') ?? c.req.query('after') ?? -1);
      const prefix = searchPrefixOf(search.tenantId, search.id);
      const stream = eventStream(c.get('dependencies').followers, search.id, prefix, {
        ...eventStreamDefaults,
        after: Number.isSafeInteger(after) ? after : -1,
      });
      return c.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    })
    .post('/searches/:id/cancel', async (c) => {
      const { id } = await ownSearch(c);
      await cancelSearch(c.get('dependencies'), callerOf(c).tenantId, id);
      return c.redirect(link(`/searches/${id}`), 303);
    })
    .get('/architectures/:id/files/:name', async (c) => {
      const id = architectureIdSchema.safeParse(c.req.param('id'));
      const name = fileNameSchema.safeParse(c.req.param('name'));
      if (!id.success || !name.success) throw new FastpathError('architecture.missing', 'there is no such file');
      const { store } = c.get('dependencies');
      const key = await findFile(c.get('dependencies'), callerOf(c).tenantId, id.data, name.data);
      const fileName = name.data.slice(name.data.lastIndexOf('/') + 1);
      const { url } = await store.link(key, { method: 'GET', expiresInSeconds: linkSeconds, fileName });
      return c.redirect(url, 302);
    });
}

/** Throws `search.missing`, also for what is no id. */
function ownSearch(c: WebContext) {
  const id = c.req.param('id') ?? '';
  if (!idSchema('srch', 'search').safeParse(id).success) throw searchMissing(id);
  return findSearch(c.get('dependencies'), callerOf(c).tenantId, id);
}

async function showSearch(c: WebContext) {
  const dependencies = c.get('dependencies');
  const { tenantId } = callerOf(c);
  const row = await ownSearch(c);
  const search = await getSearch(dependencies, tenantId, row.id);
  const space = await spaceOfOrder(dependencies, search.orderId);
  const soFar = await readSoFar(dependencies, row);
  const found = await networksOf(dependencies, tenantId, row.id);
  const files = found.result === null ? [] : (await getArchitecture(dependencies, tenantId, found.result.id)).files;
  const costUsd = costSoFar(
    search.attempts.map(({ startedAt, computeSeconds, pricePerHourUsd }) => ({
      startedAt: startedAt === null ? null : new Date(startedAt),
      computeSeconds,
      pricePerHourUsd: pricePerHourUsd ?? 0,
    })),
    dependencies.clock.now(),
  );
  const hasEnded = isTerminal(search.state);
  const address = link(`/searches/${row.id}`);
  return page(
    c,
    {
      title: `${space} for ${targetWords(search.constraints).join(', ')}`,
      scripts: ['parts.js', 'live.js'],
      pictures: true,
    },
    <div class="live" data-events={`${address}/events`} data-history={`${address}/history`}>
      <p class="soft id">{row.id}</p>
      <p id="connection" class="soft" role="status">
        {hasEnded ? `The search has ended: ${search.state}.` : 'Not following: this needs JavaScript.'}
      </p>
      <div id="facts" data-part data-refresh={hasEnded ? undefined : '5'}>
        <Facts search={search} space={space} latest={soFar.latest} costUsd={costUsd} />
      </div>
      <div id="cancel" data-part>
        <Cancel search={search} />
      </div>
      <div id="found" data-part>
        <Result
          found={found}
          files={files}
          budgetMs={search.constraints.hardware[0]?.budgetMs ?? null}
          mayExplore={hasScope(callerOf(c), 'predict')}
        />
      </div>
      <Progress soFar={soFar} />
      <h2>Attempts</h2>
      <div id="attempts" data-part>
        <Attempts attempts={search.attempts} />
      </div>
      <div id="notes" data-part>
        <Notes notes={soFar.notes} />
      </div>
    </div>,
  );
}
