/** @file Pages that say what went wrong. */
import type { Problem } from '../../shared/contract/api/common.ts';
import { apiProblem } from '../api/problems.ts';
import type { WebContext } from './context.ts';
import { root } from './links.ts';
import { type PageOptions, page } from './page.tsx';

/** @param error of the API's services */
export async function troublePage(error: unknown, c: WebContext): Promise<Response> {
  const { status, title, detail } = await problemOf(error, c);
  return show(c, status as PageOptions['status'], title, detail);
}

export function missingPage(c: WebContext): Response | Promise<Response> {
  return show(c, 404, 'Nothing here', `there is no page at ${c.req.path}: the sections above lead to all there is`);
}

/** What an API answer would say of it. */
export async function problemOf(error: unknown, c: WebContext): Promise<Problem> {
  return (await apiProblem(error, c.get('requestId')).json()) as Problem;
}

function show(c: WebContext, status: PageOptions['status'], title: string, detail: string) {
  return page(
    c,
    { title, ...(status === undefined ? {} : { status }) },
    <>
      <p>{sentence(detail)}</p>
      <p>
        <a href={root}>To the first page</a>
      </p>
    </>,
  );
}

/** Problems are written as one line of a log: a page begins them as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
