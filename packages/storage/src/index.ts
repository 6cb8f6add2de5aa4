/** Kysely over PostgreSQL, embedded or not; knows no table. */
export { check, type Audit } from './check.ts'
export {
  startEmbedded,
  EmbeddedInUseError,
  EmbeddedUnableError,
  type Embedded,
  type EmbeddedOptions,
} from './embedded.ts'
export { findRunningEmbedded } from './embedded-running.ts'
export * from './migrate.ts'
export * from './postgres.ts'
