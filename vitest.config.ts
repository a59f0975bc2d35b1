import { defineConfig } from 'vitest/config'

/** Each project runs alone with `npx vitest run --project NAME`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/{wire,trace,netns,controlplane,cni,kubeproxy,cluster,probe,report,cli,docs}/**/*.test.ts',
            'test/*.test.ts',
          ],
        },
      },
      { test: { name: 'cases', include: ['test/cases/**/*.test.ts'] } },
      { test: { name: 'kernel', include: ['test/kernel/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: 'kubectl', include: ['test/kubectl/**/*.test.ts'] } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'] } },
    ],
  },
})
