/** Runs the journeys: the real thing in a headless browser, one after another (`npm run test:journeys`). */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['apps/*/journeys/**/*.journey.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    retry: 0,
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
})
