/** @file Links between the pages of a list. */
import { link } from './links.ts';

/** @param query of the list, without `after` */
export function Pages(props: {
  path: string;
  query?: Readonly<Record<string, string | undefined>>;
  after: string | undefined;
  next: string | null;
}) {
  const { path, query = {}, after, next } = props;
  if (after === undefined && next === null) return null;
  return (
    <nav class="pages" aria-label="Pages">
      {after !== undefined && <a href={link(path, query)}>Newest</a>}
      {next !== null && (
        <a href={link(path, { ...query, after: next })} rel="next">
          Older
        </a>
      )}
    </nav>
  );
}
