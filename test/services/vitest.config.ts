import { defineConfig } from 'vitest/config';

/** Tests against services and packages that `npm ci` does not bring: see requirements.txt. */
export default defineConfig({
  test: {
    include: ['test/services/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
