/** @file Nothing that anybody sends breaks the API: every route of the document against everything in hostile-cases.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiApp } from './app.ts';
import { openApiDocument } from './docs/document.ts';
import { hostileCases, type Operation, operationsOf } from './hostile-cases.ts';
import { type Answer, type ApiSetting, documented, openApi } from './test-setting.ts';

let api: ApiSetting;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

const operations = operationsOf(openApiDocument(apiApp({} as never), 'test'));

/** Beside those that a route documents: whoever meets these has the address or the method wrong. */
const always = [404, 405];

function complaints({ method, path }: Operation, answer: Answer, status: number | null): string[] {
  const routes = documented(api.app, method, path.replaceAll(/\{[^}]+\}/g, 'x'))!;
  const known = [...always, ...Object.keys(routes).map(Number)].includes(answer.status);
  return [
    ...(answer.status >= 500 ? ['a server error'] : []),
    ...(status === null || answer.status === status ? [] : [`${answer.status}, not ${status}`]),
    ...(known ? [] : [`${answer.status}, which is not documented`]),
    ...(/\bat .*\.[jt]s:|node_modules|Failed query/.test(answer.text) ? ['a stack trace or a query'] : []),
  ];
}

describe.each(operations)('$method $path', (operation) => {
  it('answers whatever comes with a problem that says what to do', async () => {
    const wrong: string[] = [];
    for (const { name, path, ask, status } of hostileCases(operation, api.ours, api.theirs)) {
      const answer = await api.ask(operation.method, path, ask).catch((error: unknown) => String(error));
      const found = typeof answer === 'string' ? [answer] : complaints(operation, answer, status);
      if (found.length > 0) wrong.push(`${name}: ${found.join(', ')} ${typeof answer === 'string' ? '' : answer.text}`);
    }
    expect(wrong.map((line) => line.slice(0, 300))).toEqual([]);
  });

  it('answers 405 to methods that the address does not have', async () => {
    const here = operations.filter(({ path }) => path === operation.path).map(({ method }) => method);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      if (here.includes(method)) continue;
      const answer = await api.ask(method, operation.path.replaceAll(/\{[^}]+\}/g, 'x'));
      expect([method, answer.status]).toEqual([method, 405]);
      expect(answer.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(here));
    }
  });
});

it('every route is documented, and so in the table above', () => {
  const undocumented = api.app.routes.filter(
    ({ method, path }) =>
      method !== 'ALL' &&
      !['/docs', '/openapi.json'].includes(path) &&
      !operations.some((each) => each.method === method && each.path.replaceAll(/\{([^}]+)\}/g, ':$1') === path),
  );
  expect(undocumented.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});
