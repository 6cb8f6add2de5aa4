/** What an auditor may check of the ledger at any time; reads only. */
import type { Tx } from '@qun/storage'

export const ledgerAudits: readonly { id: string; doc: string; find(tx: Tx): Promise<readonly string[]> }[] = []
