/** Says which tests run where: fast ones on Node, faces in a DOM, slow runs and fault runs apart. */
import { defineConfig } from 'vitest/config'

const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**', '**/.tmp/**']
const apart = ['**/journeys/**', '**/faults/**', '**/*.slow.test.ts', '**/*.fault.test.ts']
/** Starts one PostgreSQL for the run and provides its address; each world takes a database of its own from it. */
const postgres = ['./packages/storage/src/test-setup.ts']
/** Property tests of fast runs repeat; slow runs take other inputs each time, and print the seed of a failure. */
const repeatable = ['./tools/test-seed.ts']
const patient = './tools/faces-setup.ts'
/**
 * Files of a worker share its process: what they import is loaded and compiled once, and worlds find databases whose
 * sessions are warm. Their files hold no state a test would miss or leave, which running in any order shows.
 */
const shared = { isolate: false } as const
const roots = '{packages,features,apps,tools}'

export default defineConfig({
  test: {
    // Two cores are the smallest machine the suite is promised to pass on.
    maxWorkers: 2,
    pool: 'forks',
    retry: 0,
    // The banner, failures and the closing lines; no line per test.
    reporters: ['default'],
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          ...shared,
          environment: 'node',
          include: [`${roots}/**/*.test.ts`],
          exclude: [...never, ...apart],
          globalSetup: postgres,
          setupFiles: repeatable,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faces',
          environment: 'happy-dom',
          include: [`${roots}/**/*.test.tsx`],
          exclude: [...never, ...apart],
          setupFiles: [...repeatable, patient],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          ...shared,
          environment: 'node',
          include: [`${roots}/**/*.slow.test.ts`],
          exclude: never,
          globalSetup: postgres,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          environment: 'node',
          include: [`${roots}/**/*.fault.test.ts`, `${roots}/**/faults/**/*.test.ts`],
          exclude: never,
          // Faults break and restart their own servers and stores, so they run one file at a time.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
