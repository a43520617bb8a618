/** @file The project's documents as tests read them: their blocks of code, code within text, links and headings. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

/** In the order in which a reader comes to them: later ones go on from README's tutorial. */
const pages = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'));
export const documentNames: readonly string[] = ['README.md', ...pages.sort().map((name) => `docs/${name}`)];

/** What a comment in the line above a block of shell commands says of it. Without one the block is run. */
export type Mark = { kind: 'run' } | { kind: 'stays running' } | { kind: 'not run'; reason: string };

export interface Block {
  /** as after the opening fence */
  language: string;
  text: string;
  mark: Mark;
  /** of the opening fence, from 1 */
  line: number;
}

export interface Document {
  /** path in the repository */
  name: string;
  text: string;
  blocks: readonly Block[];
  /** what stands between single backquotes outside of blocks */
  spans: readonly string[];
  /** targets of links and pictures */
  links: readonly string[];
  /** as a link's fragment names them */
  headings: readonly string[];
}

export function readDocument(name: string): Document {
  const text = readFileSync(join(repository, name), 'utf8');
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  return {
    name,
    text,
    blocks: blocksOf(text),
    spans: Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, code]) => code!),
    links: Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!),
    headings: Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading]) => fragment(heading!)),
  };
}

/** @throws Error where a comment above a block is none that is known */
function blocksOf(text: string): Block[] {
  const fences = text.matchAll(/(?:^<!-- (.+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm);
  return Array.from(fences, (fence) => ({
    language: fence[2]!,
    text: fence[3]!,
    mark: markOf(fence[1]),
    line: text.slice(0, fence.index).split('\n').length + (fence[1] === undefined ? 0 : 1),
  }));
}

function markOf(comment: string | undefined): Mark {
  if (comment === undefined) return { kind: 'run' };
  if (comment === 'stays running') return { kind: 'stays running' };
  const reason = /^not run: (.+)$/.exec(comment)?.[1];
  if (reason !== undefined) return { kind: 'not run', reason };
  throw new Error(`<!-- ${comment} -->: a block is "stays running", or "not run: WHY"`);
}

/** As GitHub makes them. */
function fragment(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
}
