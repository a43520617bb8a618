/** @file Choice of a backend. */
import { expect, test } from 'vitest';
import { selectBackend } from './select.ts';

test('the ladder says which backend and why', async () => {
  const chosen = await selectBackend();
  expect(['wasm', 'tensorflow']).toContain(chosen.name);
  expect(chosen.line).toMatch(/^Backend: .+\(.*tfjs-node-gpu .+\)$/);
  expect(chosen.line).not.toContain('\n');
  expect((await selectBackend('cpu')).name).toBe('cpu');
  await selectBackend('wasm');
});
