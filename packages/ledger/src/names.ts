/** How accounts, currencies and refs are spelt, and what an account's name says about its floor. Knows no storage. */
import { ledgerRefusals, Refusal } from '@qun/contract'

/** Refuses with one of the ledger's own codes. */
export function refuseLedger(code: keyof typeof ledgerRefusals, detail?: string): Refusal {
  return new Refusal(code, ledgerRefusals[code], detail === undefined ? {} : { detail })
}

const accountShape = /^[a-z][a-z-]{0,31}\/[^\p{C}]{1,200}$/u
const refShape = /^[^\p{C}]{1,400}$/u
/**
 * `points:…` are points of one programme [MER3]; `voucher:…` and `chance:…` count pieces of one kind each: a voucher of
 * a batch, turns at a wheel.
 */
const currencyShape = /^(?:points|CNY|points:[A-Za-z0-9_.-]{1,64}|(?:voucher|chance):[A-Za-z0-9_.-]{1,60})$/

/** [LDG9] An issuer's negative is what is out there; a provider's is what it holds outside: neither has a floor. */
export function floorOf(account: string): number | null {
  return /^(?:issuer|provider)\//.test(account) ? null : 0
}
/**
 * [LDG12] An escrow only keeps what somebody set aside: value stays what it was while it waits there. The statements
 * say the same as `NOT LIKE 'escrow/%'`.
 */
export function isEscrow(account: string): boolean {
  return account.startsWith('escrow/')
}
export function checkAccount(account: string): void {
  if (!accountShape.test(account)) throw new Error(`not the name of an account: ${account}`)
}
export function isRef(ref: string): boolean {
  return refShape.test(ref)
}
export function checkRef(ref: string): void {
  if (!isRef(ref)) throw new Error(`not a ref: ${ref}`)
}
/** [LDG9] Refuses `ledger.currency_unknown`. */
export function checkCurrency(currency: string): void {
  if (!currencyShape.test(currency)) throw refuseLedger('ledger.currency_unknown', currency)
}
