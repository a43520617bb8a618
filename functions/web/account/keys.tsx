/** @file `/app/keys`: API keys of the tenant. A new one is shown once. */
import { Hono } from 'hono';
import { pageQuerySchema } from '../../../shared/contract/api/common.ts';
import { type CreatedKey, createKeySchema, type Key } from '../../../shared/contract/api/keys.ts';
import { firstProblem } from '../../../shared/contract/problem.ts';
import { type KeyScope, keyScopes } from '../../../shared/db/schema/keys.ts';
import { createKey } from '../../service/keys/create-key.ts';
import { listKeys } from '../../service/keys/list-keys.ts';
import { revokeKey } from '../../service/keys/revoke-key.ts';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { Choice, TextField } from '../fields.tsx';
import { Form, readForm } from '../form.ts';
import { link } from '../links.ts';
import { page, Trouble } from '../page.tsx';
import { Pages } from '../pages-of.tsx';
import { readQuery } from '../query.ts';
import { needs } from '../sign-in/signed-in.ts';
import { sentence } from '../trouble.tsx';
import { Time } from '../words.tsx';

const perPage = 50;
const scopeWords: Readonly<Record<KeyScope, string>> = {
  predict: 'predict: latency of networks',
  search: 'search: data sets, searches, results',
  admin: 'admin: all of that, and keys',
};

export function keyRoutes() {
  return new Hono<WebEnv>()
    .use('/keys/*', needs('admin'))
    .get('/keys', (c) => keysPage(c, {}))
    .post('/keys', async (c) => {
      const form = await readForm(c);
      const request = { name: form.text('name').trim(), scopes: form.all('scopes') };
      const read = createKeySchema.safeParse(request);
      if (!read.success) {
        return keysPage(c, { form, trouble: sentence(firstProblem('key', read.error, request)) });
      }
      return keysPage(c, { created: await createKey(c.get('dependencies'), callerOf(c).tenantId, read.data) });
    })
    .post('/keys/:id/revoke', async (c) => {
      await revokeKey(c.get('dependencies'), callerOf(c).tenantId, c.req.param('id'));
      return c.redirect(link('/keys'), 303);
    });
}

interface Shown {
  created?: CreatedKey;
  form?: Form;
  trouble?: string;
}

async function keysPage(c: WebContext, { created, form = new Form(new URLSearchParams()), trouble }: Shown) {
  const isNew = created !== undefined || trouble !== undefined;
  const query = isNew ? { after: undefined } : readQuery(c, pageQuerySchema);
  const { tenantId, keyId } = callerOf(c);
  const { items, next } = await listKeys(c.get('dependencies'), tenantId, { ...query, limit: perPage });
  return page(
    c,
    { title: 'API keys', scripts: ['parts.js'], status: trouble === undefined ? 200 : 422 },
    <>
      {created !== undefined && (
        <section class="shown-once" aria-labelledby="new-key">
          <h2 id="new-key">The new key</h2>
          <p>
            Copy it now: it is shown this once and kept nowhere. <code>{created.secret}</code>
          </p>
        </section>
      )}
      <section class="table" tabindex={0} aria-label="Keys">
        <table>
          <thead>
            <tr>
              {['Name', 'Begins with', 'Scopes', 'Made', 'Last used', 'Revoked'].map((head) => (
                <th scope="col">{head}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((key) => (
              <KeyRow key={key.id} shown={key} isOwn={key.id === keyId} />
            ))}
          </tbody>
        </table>
      </section>
      <Pages path="/keys" after={query.after} next={next} />
      <h2>A new key</h2>
      <form method="post" action={link('/keys')} class="narrow">
        <Trouble message={trouble ?? null} />
        <TextField name="name" label="Name" value={form.text('name')} required />
        <fieldset>
          <legend>What it may do</legend>
          {keyScopes.map((scope) => (
            <Choice name="scopes" value={scope} checked={form.all('scopes').includes(scope)}>
              {scopeWords[scope]}
            </Choice>
          ))}
        </fieldset>
        <button type="submit">Make the key</button>
      </form>
    </>,
  );
}

function KeyRow({ shown, isOwn }: { key: string; shown: Key; isOwn: boolean }) {
  const { id, name, prefix, scopes, createdAt, lastUsedAt, revokedAt } = shown;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <code>{prefix}…</code>
      </td>
      <td>{scopes.join(', ')}</td>
      <td>
        <Time at={createdAt} />
      </td>
      <td>
        <Time at={lastUsedAt} />
      </td>
      <td>
        {revokedAt !== null ? (
          <Time at={revokedAt} />
        ) : (
          <form method="post" action={link(`/keys/${id}/revoke`)}>
            <button type="submit" class="quiet" aria-label={`Revoke ${name}`}>
              Revoke
            </button>
            {isOwn && <span class="hint"> You are signed in with it.</span>}
          </form>
        )}
      </td>
    </tr>
  );
}
