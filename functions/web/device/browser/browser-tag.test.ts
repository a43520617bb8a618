import { afterEach, expect, test, vi } from 'vitest';
import { browserTag } from './browser-tag.ts';

/** What a browser keeps for pages, as far as it is used. */
function storage(start: Record<string, string> = {}) {
  const kept = new Map(Object.entries(start));
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}
const refuses = () => {
  throw new DOMException('denied', 'SecurityError');
};

afterEach(() => vi.unstubAllGlobals());

test('a browser keeps its tag, and another one draws another', () => {
  const tags = [1, 2, 3].map(() => {
    vi.stubGlobal('localStorage', storage());
    const tag = browserTag();
    expect(tag).toMatch(/^[a-z2-9]{5}$/);
    expect(browserTag()).toBe(tag);
    return tag;
  });
  expect(new Set(tags).size).toBe(3);
});

test('what is kept and is no tag is replaced', () => {
  vi.stubGlobal('localStorage', storage({ 'fastpath.tag': '<b>' }));
  const tag = browserTag();
  expect(tag).toMatch(/^[a-z2-9]{5}$/);
  expect(browserTag()).toBe(tag);
});

test('a browser that keeps nothing has a tag all the same', () => {
  vi.stubGlobal('localStorage', { getItem: refuses, setItem: refuses });
  expect(browserTag()).toMatch(/^[a-z2-9]{5}$/);
});
