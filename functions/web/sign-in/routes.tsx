/** @file `/app/sign-in`, `/app/sign-out`: an API key is exchanged for a session. */
import { Hono } from 'hono';
import { FastpathError } from '../../../shared/errors.ts';
import { closeDashboardSession, openDashboardSession } from '../../service/dashboard/sessions.ts';
import type { WebContext, WebEnv } from '../context.ts';
import { readForm } from '../form.ts';
import { link, root } from '../links.ts';
import { page, Trouble } from '../page.tsx';
import { giveSession, sessionToken, takeSession } from './cookie.ts';

export function signInRoutes() {
  return new Hono<WebEnv>()
    .get('/sign-in', (c) => signInPage(c, c.req.query('to'), null))
    .post('/sign-in', async (c) => {
      const form = await readForm(c);
      try {
        giveSession(c, await openDashboardSession(c.get('dependencies'), form.text('key').trim()));
        return c.redirect(ownPath(form.text('to')), 303);
      } catch (error) {
        if (!(error instanceof FastpathError && error.code.startsWith('auth.'))) throw error;
        const wrong = 'This is not an API key that is valid here: paste the whole key, which begins with fp_.';
        return signInPage(c, form.text('to'), error.code === 'auth.forbidden' ? error.message : wrong);
      }
    })
    .post('/sign-out', async (c) => {
      const token = sessionToken(c);
      if (token !== null) await closeDashboardSession(c.get('dependencies'), token);
      takeSession(c);
      return c.redirect(link('/sign-in'), 303);
    });
}

/** Where to go behind the sign-in: never to another site. */
function ownPath(to: string): string {
  const base = 'http://here';
  const url = URL.canParse(to, base) ? new URL(to, base) : null;
  return url?.origin === base && url.pathname.startsWith(`${root}/`) ? url.pathname + url.search : root;
}

function signInPage(c: WebContext, to: string | undefined, trouble: string | null) {
  return page(
    c,
    { title: 'Sign in', status: trouble === null ? 200 : 401 },
    <form method="post" action={link('/sign-in')} class="narrow">
      <Trouble message={trouble} />
      <input type="hidden" name="to" value={to ?? ''} />
      <p>
        <label for="key">API key</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required autofocus />
      </p>
      <p class="hint">
        A server of your own wrote its first key to a file when it started and said where. The key is exchanged for a
        session of this browser, which ends after a week, when you sign out, or when the key is revoked.
      </p>
      <button type="submit">Sign in</button>
    </form>,
  );
}
