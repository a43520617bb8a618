/** @file What every page shares: head, navigation, and how its own content gets into it. */
import type { Child } from 'hono/jsx';
import { type Caller, hasScope } from '../service/keys/authenticate.ts';
import { asset } from './assets.ts';
import type { Policy, WebContext } from './context.ts';
import { link, root } from './links.ts';

export interface PageOptions {
  /** of the page; stands in its heading too */
  title: string;
  /** modules in `assets/` */
  scripts?: readonly string[];
  /** whether charts are drawn on it */
  pictures?: boolean;
  /** what its Content-Security-Policy has to allow besides our own files */
  allow?: Policy;
  status?: 200 | 400 | 401 | 402 | 403 | 404 | 409 | 422 | 429 | 500 | 503;
}

/** With the scope that each needs. */
const sections = [
  ['/searches', 'Searches', 'search'],
  ['/data', 'Data sets', 'search'],
  ['/explore', 'Explore', 'predict'],
  ['/devices', 'Devices', 'search'],
  ['/usage', 'Usage', 'search'],
  ['/keys', 'Keys', 'admin'],
] as const;

/** A whole page as an answer. */
export function page(c: WebContext, options: PageOptions, content: Child) {
  const { title, scripts = [], pictures = false, allow, status = 200 } = options;
  c.set('allowed', allow);
  const caller = c.get('caller');
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Fastpath`}</title>
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={asset('style.css')} />
        {pictures && <link rel="stylesheet" href={asset('pictures.css')} />}
        {scripts.map((name) => (
          <script type="module" src={asset(name)} />
        ))}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header class="top">
          <a class="brand" href={root}>
            Fastpath
          </a>
          {caller !== undefined && <Navigation path={c.req.path} caller={caller} />}
        </header>
        <main id="content" tabindex={-1}>
          <h1>{title}</h1>
          {content}
        </main>
      </body>
    </html>
  );
  return c.html(`<!doctype html>${document}`, status);
}

/** What the caller may open. */
function Navigation({ path, caller }: { path: string; caller: Caller }) {
  const open = sections.filter(([, , scope]) => hasScope(caller, scope));
  return (
    <>
      <nav aria-label="Sections">
        <ul>
          {open.map(([to, name]) => (
            <li>
              <a href={link(to)} aria-current={path.startsWith(link(to)) ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <form method="post" action={link('/sign-out')}>
        <button type="submit" class="quiet">
          Sign out
        </button>
      </form>
    </>
  );
}

/** One line that says what is wrong and what to do. */
export function Trouble({ message }: { message: string | null }) {
  return message === null ? null : (
    <p class="trouble" role="alert">
      {message}
    </p>
  );
}
