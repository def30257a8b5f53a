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
      // The last five run only in processes and threads of their own, which coverage does not see: test/cli and
      // test/crash run them through the real binary.
      exclude: [
        'src/**/*.test.ts',
        'src/**/*.data.ts',
        'src/main.ts',
        'src/cli/*.ts',
        'src/cli/commands/**',
        'src/**/*-thread.ts',
        'src/testing/process/crash-process.ts',
      ],
      // Held only in a run with --coverage, which `npm run verify` makes.
      thresholds: { lines: 90, 'src/core/**/*.ts': { branches: 100 } },
    },
  },
});
