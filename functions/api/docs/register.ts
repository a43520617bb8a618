/** @file `/openapi.json` and `/docs`: the same document, for programs and for people. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from '../context.ts';
import { openApiDocument } from './document.ts';
import { docsPage, docsPolicy } from './page.ts';

export function registerDocs(app: OpenAPIHono<ApiEnv>): void {
  // Built when first asked for: most instances never are.
  let document: ReturnType<typeof openApiDocument> | undefined;
  let page: string | undefined;
  const read = (version: string) => {
    document ??= openApiDocument(app, version);
    return document;
  };
  app.get('/openapi.json', (c) =>
    c.json(read(c.get('dependencies').version), 200, { 'cache-control': 'public, max-age=300' }),
  );
  app.get('/docs', (c) => {
    page ??= docsPage(read(c.get('dependencies').version));
    return c.html(page, 200, { 'cache-control': 'public, max-age=300', 'content-security-policy': docsPolicy });
  });
}
