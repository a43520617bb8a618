import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleLambda } from './bundle.ts';

test('the API’s function stays small, and holds nothing that only a server of one’s own needs', async () => {
  const files = [...(await bundleLambda('api', ['@aws-sdk/*'])).values()];
  const gzipBytes = files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);
  expect(gzipBytes).toBeLessThanOrEqual(250_000);
  const text = files.map((bytes) => Buffer.from(bytes).toString()).join('\n');
  expect(text).not.toMatch(/from\s*["'](sharp|tar-stream|pg|@electric-sql\/pglite|@tensorflow\/[\w-]+)["']/);
});
