import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,batch,functions,test}/**/*.test.ts'],
    // Service tests take the long ones of the fault tests along, on whatever backend is the fastest.
    exclude: ['test/services/**', 'test/fault/{kill,compute-limit,checkpoint}.test.ts', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Tests that write to a home make one of their own; none may see what the machine's user has measured.
    env: { FASTPATH_HOME: join(tmpdir(), 'fastpath-no-home') },
  },
});
