/** @file `/app/data`: data sets, registering one by dropping it, and what the dropping page asks for. */
import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema, pageQuerySchema } from '../../../shared/contract/api/common.ts';
import { createDataSetSchema, type DataSet } from '../../../shared/contract/api/data-sets.ts';
import { firstProblem } from '../../../shared/contract/problem.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { bytes, count } from '../../../shared/format.ts';
import { BodyText } from '../../predict/body.ts';
import { jsonOnly, parseJson } from '../../predict/json-request.ts';
import { completeDataSet } from '../../service/datasets/complete-data-set.ts';
import { createDataSet } from '../../service/datasets/create-data-set.ts';
import { deleteDataSet } from '../../service/datasets/delete-data-set.ts';
import { findDataSet, listDataSets } from '../../service/datasets/find-data-set.ts';
import { missingFiles, uploadLinks } from '../../service/datasets/uploads.ts';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { SelectField, TextField } from '../fields.tsx';
import { readForm } from '../form.ts';
import { link } from '../links.ts';
import { page } from '../page.tsx';
import { Pages } from '../pages-of.tsx';
import { readQuery } from '../query.ts';
import { needs } from '../sign-in/signed-in.ts';
import { problemOf, sentence } from '../trouble.tsx';
import { State, Time } from '../words.tsx';

const perPage = 50;
/** A thousand names of files. */
const announcementBytes = 500_000;

export function dataRoutes() {
  return new Hono<WebEnv>()
    .use('/data/*', needs('search'))
    .get('/data', listPage)
    .post('/data', (c) =>
      answered(c, async () => {
        const dependencies = c.get('dependencies');
        const request = parseJson(
          await dependencies.readBody(jsonOnly(c.req.raw), new BodyText(announcementBytes), c.env),
        );
        const read = createDataSetSchema.safeParse(request);
        if (!read.success) throw new FastpathError('request.invalid', firstProblem('data set', read.error, request));
        const created = await createDataSet(dependencies, callerOf(c).tenantId, read.data);
        await dependencies.dataSetsWaiting();
        return created;
      }),
    )
    .get('/data/:id/missing', (c) =>
      answered(c, async () => {
        const { id, tenantId } = await ownDataSet(c);
        const { store } = c.get('dependencies');
        const files = await missingFiles(store, tenantId, id);
        const links = await uploadLinks(store, tenantId, id, files);
        return { id, uploads: links.map((upload, i) => ({ ...upload, bytes: files[i]!.bytes })) };
      }),
    )
    .post('/data/:id/complete', (c) =>
      answered(c, async () => {
        const { id, tenantId } = await ownDataSet(c);
        const completed = await completeDataSet(c.get('dependencies'), tenantId, id);
        await c.get('dependencies').dataSetsWaiting();
        return completed;
      }),
    )
    .post('/data-folders', needs('search'), async (c) => {
      const form = await readForm(c);
      const request = { name: form.text('name').trim(), source: { type: 'directory', path: form.text('path').trim() } };
      const read = createDataSetSchema.safeParse(request);
      if (!read.success) throw new FastpathError('request.invalid', firstProblem('data set', read.error, request));
      await createDataSet(c.get('dependencies'), callerOf(c).tenantId, read.data);
      await c.get('dependencies').dataSetsWaiting();
      return c.redirect(link('/data'), 303);
    })
    .post('/data/:id/delete', async (c) => {
      const { id, tenantId } = await ownDataSet(c);
      await deleteDataSet(c.get('dependencies'), tenantId, id);
      return c.redirect(link('/data'), 303);
    });
}

/** For our scripts: what is wrong as a problem, as the API has them. */
async function answered(c: WebContext, make: () => Promise<object>): Promise<Response> {
  try {
    return c.json(await make());
  } catch (error) {
    const problem = await problemOf(error, c);
    return c.json({ detail: sentence(problem.detail) }, problem.status as 422);
  }
}

function ownDataSet(c: WebContext) {
  const id = c.req.param('id') ?? '';
  if (!idSchema('ds', 'data set').safeParse(id).success) {
    throw new FastpathError('data-set.unknown', `there is no data set ${id}`);
  }
  return findDataSet(c.get('dependencies'), callerOf(c).tenantId, id);
}

/** Also of a bucket, where uploads go there. */
async function uploadOrigin(c: WebContext): Promise<string | null> {
  const request = { method: 'PUT', expiresInSeconds: 60, sizeBytes: 1 } as const;
  const { url } = await c.get('dependencies').store.link('tenants/none', request);
  return URL.canParse(url) && z.url().safeParse(url).success ? new URL(url).origin : null;
}

async function listPage(c: WebContext) {
  const { tenantId } = callerOf(c);
  const dependencies = c.get('dependencies');
  const query = readQuery(c, pageQuerySchema);
  const { items, next } = await listDataSets(dependencies, tenantId, { ...query, limit: perPage });
  const origin = await uploadOrigin(c);
  const pending = items.filter(({ state, source }) => state === 'pending' && source === 'upload');
  return page(
    c,
    {
      title: 'Data sets',
      scripts: ['parts.js', 'upload.js'],
      ...(origin === null ? {} : { allow: { 'connect-src': [origin] } }),
    },
    <>
      <div id="data-sets" data-part data-refresh="5">
        {items.length === 0 ? <p>None yet.</p> : <Table sets={items} />}
      </div>
      <Pages path="/data" after={query.after} next={next} />
      <h2>Register images</h2>
      <form id="upload" action={link('/data')} class="drop">
        <div class="grid">
          <TextField name="name" label="Name" value="images" required />
          {pending.length > 0 && (
            <SelectField
              name="resume"
              label="An upload that broke off"
              value=""
              options={[
                { value: '', text: 'none: this is a new one' },
                ...pending.map(({ id, name }) => ({ value: id, text: `go on with ${name}` })),
              ]}
            />
          )}
        </div>
        <p>Drop a folder, a zip of one, or tar archives here, or choose:</p>
        <div class="grid">
          <p>
            <label for="folder">A folder with one folder of images for each class</label>
            <input id="folder" type="file" webkitdirectory={true} />
          </p>
          <p>
            <label for="archives">
              A zip of that folder, or shards: train-0000.tar, val-0000.tar … and classes.txt
            </label>
            <input id="archives" type="file" multiple accept=".zip,.tar,.gz,.tgz,.txt" />
          </p>
        </div>
        <p id="upload-status" role="status"></p>
        <progress id="upload-progress" value={0} max={1} hidden aria-label="Upload" />
        <p class="hint">
          The folder may have train and val, or test, in it. In a shard each image has its class index beside it, as
          7.jpg and 7.cls. Files go straight to the store. An upload that broke off goes on where it was when the same
          folder or archive is chosen again: what was sent is known by name and size, so leave the images as they were.
        </p>
      </form>
      {dependencies.dataRoot !== null && (
        <form method="post" action={link('/data-folders')} class="narrow">
          <h3>Or a folder on the server</h3>
          <TextField id="folder-name" name="name" label="Name" value="" required />
          <TextField name="path" label="Path below the server’s data root" value="" required />
          <button type="submit" class="quiet">
            Register the folder
          </button>
        </form>
      )}
    </>,
  );
}

function Table({ sets }: { sets: readonly DataSet[] }) {
  return (
    <section class="table" tabindex={0} aria-label="Data sets">
      <table>
        <thead>
          <tr>
            {['Name', 'State', 'Classes', 'Images', 'Size', 'Registered'].map((head) => (
              <th scope="col">{head}</th>
            ))}
            <th scope="col">
              <span class="visually-hidden">Delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sets.map((set) => (
            <tr>
              <th scope="row">{set.name}</th>
              <td>
                <State state={set.state} /> {set.reason?.message ?? ''}
              </td>
              <td>{set.classes ?? '–'}</td>
              <td>{set.images === null ? '–' : count(set.images)}</td>
              <td>{set.bytes === null ? '–' : bytes(set.bytes)}</td>
              <td>
                <Time at={set.createdAt} />
              </td>
              <td>
                <details>
                  <summary id={`delete-${set.id}`}>
                    Delete <span class="visually-hidden">{set.name}</span>
                  </summary>
                  <form method="post" action={link(`/data/${set.id}/delete`)}>
                    <button type="submit" class="quiet">
                      Really delete {set.name}
                    </button>
                  </form>
                </details>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
