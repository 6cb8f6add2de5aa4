/** The ledger's tables; features that move value put these before their own migrations. */
import type { Migration } from '@qun/storage'

export const ledgerMigrations: readonly Migration[] = []
