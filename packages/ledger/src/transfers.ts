/**
 * Moves value between accounts, in double entry and in the caller's transaction. Knows no feature and no card.
 *
 * Call it after the decision counted what it gives (`spend`, `unspend`) and before it locks a group (`call.group`,
 * `call.post`): card actions lock accounts first and their group last, so whoever keeps that order never waits in a
 * circle. A refusal leaves the transaction usable and nothing moved.
 */
import { createHash } from 'node:crypto'
import { refuse, type AppId, type Gives } from '@qun/contract'
import type { Tx } from '@qun/storage'
import type { LotMoves } from './lots.ts'
import { noteMoved } from './lock-order.ts'
import { checkAccount, checkCurrency, checkRef, refuseLedger } from './names.ts'
import { faultOfLegs, planOf, type Fault, type Order, type OrderLeg } from './posting.ts'
import { lockAccounts, readKnown, readLegs, writePlan } from './rows.ts'

/**
 * An account is named by its owner: `user/<userId>`, `escrow/<groupId>/<seq>`, `budget/<name>`; none of them goes below
 * zero. `issuer/<what>` may: what is out there of it is its negative; so may `provider/<name>`, which stands for money
 * held outside. One name has an account in each currency it ever met; it is made when first met. An issuer is one row
 * that all its transfers wait for: give each play its own (`issuer/check-in`).
 */
export type Account = string

export interface TransferLeg {
  readonly account: Account
  /** Integer minor units, never 0; what leaves an account is negative. */
  readonly amount: number
  /**
   * What is credited here lapses at that instant unless it was spent before; only with a positive amount. Without it
   * what comes into or out of an escrow has the date it had, and all else never lapses.
   */
  readonly expiresAt?: number
}
export interface Transfer {
  /**
   * The business key, unique per app for ever: `red-packet/<groupId>/<seq>/open/<userId>`. The same content again is
   * the same transfer; other content is refused `idempotency.key_reused`.
   */
  readonly ref: string
  /** `points`, `CNY`, `voucher:<id>` or `chance:<id>`; others are refused `ledger.currency_unknown`. */
  readonly currency: string
  /** At least two, each of another account, summing to zero. */
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
/** What every call needs of its decision: any `Call` of the engine fits. */
export interface LedgerCall {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
  /** Of a card, what it said it gives: one that did not say so takes nothing from an issuer. */
  readonly gives?: Gives
  randomHex(bytes?: number): string
}

/**
 * Refuses `ledger.insufficient_funds`, `ledger.account_frozen` (to pay; a frozen account still receives),
 * `ledger.same_account`, `ledger.currency_unknown`, `ledger.amount_limit`, `idempotency.key_reused`.
 */
export async function transfer(call: LedgerCall, one: Transfer): Promise<Posted> {
  const [posted] = await transferAll(call, [one])
  return posted as Posted
}
/**
 * Several in the order given, each as if it stood alone; all or none. Four statements in two round trips, however many
 * they are, and one more where value with an end date moves. Accounts are locked in the order of their names.
 */
export async function transferAll(call: LedgerCall, all: readonly Transfer[]): Promise<Posted[]> {
  return post(
    call,
    all.map((one) => orderOf(call, one)),
  )
}

/** [LDG6] The same legs in another order are the same content. */
function contentOf(order: Omit<Order, 'content' | 'transferId'>): string {
  const legs = order.legs.map(({ account, amount, lots }) => [account, amount, lots] as const)
  const sorted = legs.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const content = [order.currency, order.reason, order.groupId ?? null, order.reverses ?? null, sorted]
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url')
}
export function sealOrder(call: LedgerCall, order: Omit<Order, 'content' | 'transferId'>): Order {
  return { ...order, content: contentOf(order), transferId: `trf_${call.randomHex(12)}` }
}
function orderOf(call: LedgerCall, one: Transfer): Order {
  checkRef(one.ref)
  checkCurrency(one.currency)
  const legs: OrderLeg[] = one.legs.map(({ account, amount, expiresAt }) => {
    checkAccount(account)
    if (expiresAt !== undefined && amount < 0) throw new Error(`${one.ref}: only what comes in can lapse`)
    return { account, amount, lots: expiresAt === undefined ? [] : [[expiresAt, amount]] }
  })
  const { ref, currency, reason, groupId } = one
  return sealOrder(call, { ref, currency, reason, groupId, legs, reverses: undefined, isExpiry: false })
}

/** Posts orders: the one way in which entries come about. */
export async function post(call: LedgerCall, orders: readonly Order[]): Promise<Posted[]> {
  if (orders.length === 0) return []
  for (const { ref, legs } of orders) {
    const fault = faultOfLegs(ref, legs)
    if (fault !== undefined) throw refusalOf(fault)
    checkDeclared(call, ref, legs)
  }
  noteMoved(call)
  // Sent together, carried out one after the other: what is read is locked by then.
  const [, known] = await Promise.all([lockAccounts(call, orders), readKnown(call, orders)])
  const plan = planOf(orders, known)
  if ('code' in plan) throw refusalOf(plan)
  if (plan.fresh.length > 0) await writePlan(call, plan, known)
  return [...plan.posted]
}
/** [MER2] What a card issues it has declared, and the engine has asked who posted it. */
function checkDeclared({ gives }: LedgerCall, ref: string, legs: readonly OrderLeg[]): void {
  if (gives === undefined || gives === 'issued') return
  const issuer = legs.find(({ account, amount }) => amount < 0 && account.startsWith('issuer/'))
  if (issuer !== undefined) throw new Error(`${ref} takes from ${issuer.account} for a card that gives ${gives}`)
}
function refusalOf({ code, detail }: Fault): Error {
  return code === 'idempotency.key_reused' ? refuse(code, { detail }) : refuseLedger(code, detail)
}

/**
 * [LDG7] Mirrors a transfer exactly, once; `by` is the ref of the mirror. Value with an end date comes back with the
 * date it had. Refuses `ledger.already_reversed`, `ledger.not_reversible` (unknown, or a mirror or an expiry itself),
 * and `ledger.insufficient_funds` when the receiver has spent it.
 */
export async function reverse(
  call: LedgerCall,
  of: { readonly ref: string; readonly by: string; readonly reason: string },
): Promise<Posted> {
  checkRef(of.by)
  const original = await readLegs(call, of.ref)
  if (original === undefined || original.reverses !== null || original.reason === expiryReason)
    throw refuseLedger('ledger.not_reversible', of.ref)
  const legs = original.legs.map(({ account, amount, lots }) => ({
    account,
    amount: -amount,
    lots: amount < 0 ? lots.map(([at, taken]): LotMoves[number] => [at, -taken]) : [],
  }))
  const { currency, groupId } = original
  const order = { ref: of.by, currency, reason: of.reason, groupId: groupId ?? undefined, legs, reverses: of.ref }
  const [posted] = await post(call, [sealOrder(call, { ...order, isExpiry: false })])
  return posted as Posted
}

/** What the entries of an expiry say they were for. */
export const expiryReason = 'ledger.expired'
