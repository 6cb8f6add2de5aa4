/** The server as a library: give it features and a place for its data. */
export { UsageError } from './apps/apps.ts'
export {
  auditStore,
  findTroubles,
  migrateStore,
  noteRestored,
  openAdmin,
  repairStore,
  type Admin,
  type Examined,
} from './run/admin.ts'
export {
  ConfigError,
  readConfig,
  settings,
  settingsMarkdown,
  settingsText,
  type Config,
  type Setting,
} from './run/config.ts'
export { optionsOfConfig } from './run/config-options.ts'
export { demoAppId, demoCredentialsFile, type DemoCredentials } from './apps/demo-app.ts'
export { heapFlags } from './run/heap.ts'
export { createLogger, type LogLevel } from './run/log.ts'
export { budgets, type BudgetName, type BudgetOverrides } from './ground/rates.ts'
export { runUntilSignal } from './run/run.ts'
export { checkPortFree, startTroubleText } from './run/start-trouble.ts'
export { serverMigrations } from './apps/store.ts'
export { createServer, type QunServer, type ServerOptions } from './run/server.ts'
export type { StaticSite } from './http/statics.ts'
