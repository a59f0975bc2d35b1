import { defineConfig } from 'vitest/config'

/** Tests that need more than Node have projects of their own; each runs alone with `npx vitest run --project NAME`. */
const apart = ['cases', 'kernel', 'kubectl', 'browser']

export default defineConfig({
  test: {
    // Many tests wait for a kernel, a browser or a child process.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/support/seed-properties.ts'],
          include: ['test/**/*.test.ts'],
          exclude: apart.map(folder => `test/${folder}/**`),
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'cases',
          setupFiles: ['test/support/seed-properties.ts'],
          include: ['test/cases/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: { name: 'kernel', include: ['test/kernel/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 120_000 },
      },
      { test: { name: 'kubectl', include: ['test/kubectl/**/*.test.ts'] } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'] } },
    ],
  },
})
