/** @file `/app/searches/new`: orders a search, and shows what it would take while the form is filled in. */
import { Hono } from 'hono';
import { exportFormats } from '../../../shared/contract/export-format.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInSpaces } from '../../../shared/space/built-in.ts';
import { answerOnce } from '../../api/idempotency.ts';
import { listDataSets } from '../../service/datasets/find-data-set.ts';
import { placeOrder } from '../../service/orders/place-order.ts';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { Choice, SelectField, TextField } from '../fields.tsx';
import { type Form, queryForm, readForm } from '../form.ts';
import { link } from '../links.ts';
import { type PageOptions, page, Trouble } from '../page.tsx';
import { sessionToken } from '../sign-in/cookie.ts';
import { needs } from '../sign-in/signed-in.ts';
import { problemOf, sentence } from '../trouble.tsx';
import { DeviceRows } from './devices.tsx';
import { estimateFor, reachFor } from './estimate.ts';
import { Estimated, Reach } from './estimated.tsx';
import { checkedOrder } from './fields.ts';

/** More data sets than this are not chosen from a list. */
const mostDataSets = 200;
const title = 'New search';
const orderedBefore =
  'An order was placed with this form before: look among the searches, and press Order if this one is to be placed too.';

export function orderRoutes() {
  return new Hono<WebEnv>()
    .get('/searches/new', needs('search'), (c) => formPage(c, queryForm(c)))
    .post('/searches/new', needs('search'), async (c) => {
      const form = await readForm(c);
      const dependencies = c.get('dependencies');
      const { tenantId } = callerOf(c);
      try {
        const request = checkedOrder(form);
        const once = {
          ...{ tenantId, key: form.text('once') || null, route: `POST ${c.req.path}` },
          ...{ bodyText: JSON.stringify(request), secret: sessionToken(c)! },
        };
        const order = await answerOnce(dependencies, once, (commit) =>
          placeOrder(dependencies, tenantId, request, commit),
        );
        await dependencies.searchesWaiting();
        const [first, ...more] = order.searches;
        const to = more.length === 0 ? link(`/searches/${first!.id}`) : link('/searches', { orderId: order.id });
        return c.redirect(to, 303);
      } catch (error) {
        // What was entered stays.
        if (!(error instanceof FastpathError) || error.retry) throw error;
        const { status, detail } = await problemOf(error, c);
        const isOther = error.code === 'request.idempotency-reuse';
        return formPage(c, form, {
          trouble: isOther ? orderedBefore : sentence(detail),
          status: status as PageOptions['status'],
          once: isOther ? undefined : form.text('once'),
        });
      }
    });
}

interface Refused {
  trouble: string;
  status: PageOptions['status'];
  /** that the order was sent with, where it may be sent again */
  once: string | undefined;
}

async function formPage(c: WebContext, form: Form, refused?: Refused) {
  const { trouble = null, status = 200, once } = refused ?? {};
  const dependencies = c.get('dependencies');
  const { tenantId } = callerOf(c);
  const [sets, models, reach, estimate] = await Promise.all([
    listDataSets(dependencies, tenantId, { limit: mostDataSets }),
    dependencies.models.list({ tenant: tenantId }),
    reachFor(c, form),
    estimateFor(c, form),
  ]);
  const verified = sets.items.filter(({ state }) => state === 'verified');
  const text = (name: string) => form.text(name);
  return page(
    c,
    { title, scripts: ['parts.js'], status },
    <form method="post" action={link('/searches/new')} data-live={link('/searches/new')}>
      <Trouble message={trouble} />
      {verified.length === 0 && (
        <p class="trouble">
          There is no data set that is verified yet: <a href={link('/data')}>register one</a> first.
        </p>
      )}
      <div class="grid">
        <SelectField
          name="dataSetId"
          label="Data set"
          value={text('dataSetId')}
          none="choose …"
          options={verified.map(({ id, name, classes, images }) => ({
            value: id,
            text: `${name}: ${images} images, ${classes} classes`,
          }))}
        />
        <SelectField
          name="space"
          label="Search space"
          value={text('space')}
          none="choose …"
          options={Object.values(builtInSpaces).map(({ name, resolution }) => ({
            value: name,
            text: `${name}, ${resolution} pixels`,
          }))}
        />
      </div>
      <DeviceRows form={form} known={models.map(({ hardware }) => ({ value: hardware.id, text: hardware.id }))} />
      <div id="reach" data-part role="status">
        <Reach reach={reach} />
      </div>
      <More form={form} />
      <h2>Estimate</h2>
      <div id="estimate" data-part>
        <Estimated answer={estimate} reach={reach} />
      </div>
      <div class="grid">
        <TextField
          name="maxCostUsd"
          label="Most it may cost, USD"
          value={text('maxCostUsd') || '1'}
          type="number"
          required
          hint="Reserved now; what is not used comes back. A search that reaches it stops with its best so far."
        />
      </div>
      {/* No field: that would be in the address that another device is asked for with, and outlast this order. */}
      <button type="submit" name="once" value={once || crypto.randomUUID()}>
        Order
      </button>
    </form>,
  );
}

function More({ form }: { form: Form }) {
  const number = (name: string, label: string) => (
    <TextField name={name} label={label} value={form.text(name)} type="number" />
  );
  return (
    <details>
      <summary>More: epochs, training, limits, exports</summary>
      <p class="hint">What stays empty follows from space and resolution.</p>
      <div class="grid">
        {number('warmupEpochs', 'Warm-up epochs')}
        {number('searchEpochs', 'Search epochs')}
        {number('batchSize', 'Images a step')}
        {number('resolution', 'Input side, pixels')}
        {number('maxParameters', 'Most parameters')}
        <TextField
          name="seeds"
          label="Seed"
          value={form.text('seeds')}
          hint="The same seed gives the same result; several with spaces between them make a search with each."
        />
        <TextField
          name="exclude"
          label="Operations to leave out"
          value={form.text('exclude')}
          hint="For example k7 e6."
        />
      </div>
      <fieldset>
        <legend>Training</legend>
        <Choice name="train" value="yes" checked={form.text('train') !== ''}>
          Train the network from scratch after the search
        </Choice>
        {number('trainingEpochs', 'Training epochs')}
      </fieldset>
      <fieldset>
        <legend>Exports</legend>
        {exportFormats.map((format) => (
          <Choice name="exports" value={format} checked={form.all('exports').includes(format)}>
            {format}
          </Choice>
        ))}
      </fieldset>
    </details>
  );
}
