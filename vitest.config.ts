import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/**/*.data.ts'],
      // Held only in a run with --coverage, which `npm run verify` makes.
      thresholds: { lines: 90, 'src/core/**/*.ts': { branches: 100 } },
    },
  },
});
