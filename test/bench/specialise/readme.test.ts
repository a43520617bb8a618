/** @file That results go into README's section, and nothing else changes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { heading, withSection } from './readme.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

it('finds its section in README', () => {
  const once = withSection(readme, heading, ['first']);
  const twice = withSection(once, heading, ['second', 'third']);
  expect(twice).toBe(withSection(readme, heading, ['second', 'third']));
  const [before, after] = readme.split(`${heading}\n`) as [string, string];
  expect(twice).toBe(`${before}${heading}\n\nsecond\nthird\n\n${after.slice(after.indexOf('\n#') + 1)}`);
});

it('replaces the last section up to the end, and refuses a text that has none', () => {
  expect(withSection('# A\n\n## B\n\nold\n', '## B', ['new'])).toBe('# A\n\n## B\n\nnew\n');
  expect(() => withSection('# A\n', '## B', [])).toThrow('no section "## B"');
});
