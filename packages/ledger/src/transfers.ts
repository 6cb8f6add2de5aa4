/** Moves value between accounts, in double entry and in the caller's transaction. Knows no feature and no card. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'

/**
 * An account is named by its owner: `user/<userId>`, `escrow/<groupId>/<seq>`, `issuer/<what>` (may go below zero: what
 * is out there of it is its negative), `budget/<name>`. One name has an account in each currency it ever met.
 */
export type Account = string

export interface TransferLeg {
  readonly account: Account
  /** Integer minor units, never 0; what leaves an account is negative. */
  readonly amount: number
}
export interface Transfer {
  /**
   * The business key, unique per app for ever: `red-packet/<groupId>/<seq>/open/<userId>`. The same content again is the
   * same transfer; other content is refused `idempotency.key_reused`.
   */
  readonly ref: string
  /** `points`, `CNY` … a lower- or upper-case code of 2 to 32 characters; not of two kinds in one transfer. */
  readonly currency: string
  /** At least two, of one currency, summing to zero. */
  readonly legs: readonly TransferLeg[]
  /** What it was for, in words of the code: `red-packet.open`. */
  readonly reason: string
  readonly groupId?: string
}
export interface Posted {
  readonly transferId: string
  /** True when the same ref was posted before: nothing moved now. */
  readonly replayed: boolean
}
export interface Entry {
  readonly entryNo: number
  readonly account: Account
  readonly currency: string
  readonly amount: number
  readonly balanceAfter: number
  readonly ref: string
  readonly reason: string
  readonly at: number
}
/** What every call needs of its decision: any `Call` of the engine fits. */
export interface LedgerCall {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
  randomHex(bytes?: number): string
}

/** Refuses `ledger.insufficient_funds`, `ledger.account_frozen`, `ledger.same_account`, `idempotency.key_reused`. */
export function transfer(call: LedgerCall, one: Transfer): Promise<Posted> {
  return transferAll(call, [one]).then(([posted]) => posted as Posted)
}
/** Several at once, in few statements; all or none. Accounts are locked in the order of their names. */
export function transferAll(_call: LedgerCall, _all: readonly Transfer[]): Promise<Posted[]> {
  return Promise.reject(new Error('to come'))
}
/** Mirrors a transfer exactly, once. Refuses `ledger.already_reversed`, `ledger.not_reversible`. */
export function reverse(
  _call: LedgerCall,
  _of: { readonly ref: string; readonly by: string; readonly reason: string },
): Promise<Posted> {
  return Promise.reject(new Error('to come'))
}
/** Makes an account before its first transfer, where its floor is not the one its name stands for. */
export function openAccount(
  _call: LedgerCall,
  _account: { readonly account: Account; readonly currency: string; readonly floor?: number | null },
): Promise<void> {
  return Promise.reject(new Error('to come'))
}
/** 0 for an account nobody ever met. */
export function balanceOf(_call: LedgerCall, _account: Account, _currency: string): Promise<number> {
  return Promise.reject(new Error('to come'))
}
/** All currencies of an account. */
export function balancesOf(_call: LedgerCall, _account: Account): Promise<ReadonlyMap<string, number>> {
  return Promise.reject(new Error('to come'))
}
/** Entries of an account, latest first, those before `before`. */
export function entriesOf(
  _call: LedgerCall,
  _of: { readonly account: Account; readonly currency: string; readonly before?: number; readonly limit: number },
): Promise<Entry[]> {
  return Promise.reject(new Error('to come'))
}
export function findTransfer(_call: LedgerCall, _ref: string): Promise<Transfer | undefined> {
  return Promise.reject(new Error('to come'))
}
