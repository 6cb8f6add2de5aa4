/** Kysely over PostgreSQL, embedded or not; knows no table. */
export * from './embedded.ts'
export * from './migrate.ts'
export * from './postgres.ts'
