/** @file Addresses of the dashboard's pages. */

/** All of them lie below it. */
export const root = '/app';

/** @param query what is undefined is left out */
export function link(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const said = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const search = new URLSearchParams(said).toString();
  return `${root}${path}${search === '' ? '' : `?${search}`}`;
}
