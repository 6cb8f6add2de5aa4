/** Kysely over PostgreSQL, embedded or not; knows no table. */
export { check, checkEach, type Audit } from './check.ts'
export {
  startEmbedded,
  EmbeddedInUseError,
  EmbeddedUnableError,
  type Embedded,
  type EmbeddedOptions,
} from './embedded.ts'
export { findRunningEmbedded } from './embedded-running.ts'
export * from './migrate.ts'
export { createNotices, type Notices, type NoticesEar } from './notices.ts'
export type { OnlineIndex } from './online-index.ts'
export * from './postgres.ts'
