import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,batch,functions,test}/**/*.test.ts'],
    exclude: ['test/services/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
