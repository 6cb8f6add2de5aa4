/** The engine: groups, a log, and live cards. Knows no feature. */
export * from './assert.ts'
export * from './core.ts'
export * from './feature.ts'
export * from './host.ts'
export * from './limits.ts'
export * from './registry.ts'
export { migrationsOf } from './store.ts'
export type { RiskAttempt, RiskPort } from './risk.ts'
