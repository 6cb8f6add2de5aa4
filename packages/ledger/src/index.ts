/** The entrance of the ledger: double entry in the caller's transaction; knows no feature. */
export {
  balanceOf,
  balancesOf,
  entriesOf,
  findTransfer,
  openAccount,
  reverse,
  transfer,
  transferAll,
  type Account,
  type Entry,
  type Posted,
  type Transfer,
  type TransferLeg,
} from './transfers.ts'
export { ledgerAudits } from './audits.ts'
export { ledgerMigrations } from './migrations.ts'
