/** The server as a library: give it features and a place for its data. */
export { UsageError } from './apps.ts'
export { auditStore, findTroubles, openAdmin, type Admin, type Examined } from './admin.ts'
export {
  ConfigError,
  readConfig,
  settings,
  settingsMarkdown,
  settingsText,
  type Config,
  type Setting,
} from './config.ts'
export { demoAppId, demoCredentialsFile, type DemoCredentials } from './demo-app.ts'
export { createLogger, type LogLevel } from './log.ts'
export { budgets, type BudgetName, type BudgetOverrides } from './rates.ts'
export { runUntilSignal } from './run.ts'
export { serverMigrations } from './store.ts'
export { createServer, type QunServer, type ServerOptions } from './server.ts'
export type { StaticSite } from './statics.ts'
