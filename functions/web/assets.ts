/**
 * @file Scripts and styles of the pages, as they lie in `assets/`, with the drawing that pages share with the server.
 * Their address names the version of all of them.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Hono } from 'hono';
import { findFile } from '../../shared/find-file.ts';
import { styleSheet } from '../../shared/picture/style.ts';
import type { WebEnv } from './context.ts';
import { root } from './links.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const folders = ['functions/web/assets', 'shared/picture/live'].map((name) => findFile(name));
const files = new Map([
  ['pictures.css', styleSheet],
  ...folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => types[extname(name)] !== undefined)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const),
  ),
]);
const version = createHash('sha256')
  .update(JSON.stringify([...files]))
  .digest('hex')
  .slice(0, 12);

/** Address of one of them; imports find each other beside it. */
export function asset(name: string): string {
  if (!files.has(name)) throw new Error(`there is no asset ${name}`);
  return `${root}/assets/${version}/${name}`;
}

/** Each version of a file stays what it is, so that browsers ask for it once. */
export function assetRoutes() {
  return new Hono<WebEnv>().get('/assets/:version/:name', (c) => {
    const name = c.req.param('name');
    const text = files.get(name);
    if (text === undefined) return c.notFound();
    const isThis = c.req.param('version') === version;
    return c.body(text, 200, {
      'content-type': types[extname(name)]!,
      'cache-control': isThis ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });
}
