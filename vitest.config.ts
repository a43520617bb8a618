import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,batch,functions,test}/**/*.test.ts'],
    exclude: ['test/services/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Tests that write to a home make one of their own; none may see what the machine's user has measured.
    env: { FASTPATH_HOME: join(tmpdir(), 'fastpath-no-home') },
  },
});
