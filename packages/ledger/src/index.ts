/** The entrance of the ledger: double entry in the caller's transaction; knows no feature. */
export {
  balanceOf,
  balancesOf,
  checkEmpty,
  entriesOf,
  findTransfer,
  openAccount,
  setFrozen,
  type Entry,
  type LedgerReading,
} from './accounts.ts'
export { ledgerAudits } from './audits.ts'
export {
  budgetOf,
  budgetsOf,
  listBudgets,
  lockSpendings,
  setBudget,
  spend,
  spendAll,
  trySpend,
  unspend,
  unspendAll,
  type Budget,
  type Spending,
} from './budgets.ts'
export { currenciesDue, expire, lotsOf, type Expired } from './expiry.ts'
export {
  findInstruction,
  listExceptions,
  listOverdue,
  openExceptions,
  resolveException,
  type ExceptionKind,
  type Instruction,
  type InstructionState,
  type NewInstruction,
  type PaymentException,
} from './instructions.ts'
export { ledgerMigrations } from './migrations.ts'
export { refuseLedger } from './names.ts'
export {
  advance,
  compareStatement,
  instruct,
  reconcile,
  takeCallback,
  type Advanced,
  type Difference,
  type Reconciled,
  type Taken,
} from './payments.ts'
export type { InstructionKind, PaymentProvider, ProviderOrder, ProviderWord, RawCallback } from './providers.ts'
export {
  expiryReason,
  reverse,
  transfer,
  transferAll,
  type Account,
  type LedgerCall,
  type Posted,
  type Transfer,
  type TransferLeg,
} from './transfers.ts'
