/**
 * Decides what a list of transfers does to accounts: pure, so that the same is proved against a model. Knows no
 * storage; whoever calls it holds the locks of the accounts.
 */
import type { ledgerRefusals } from '@qun/contract'
import { lapsedOf, putInto, takeFrom, type LotMoves } from './lots.ts'
import { isEscrow } from './names.ts'

/** A transfer on its way, with what only the ledger itself may ask for. */
export interface Order {
  readonly ref: string
  readonly currency: string
  readonly reason: string
  readonly groupId: string | undefined
  readonly legs: readonly OrderLeg[]
  /** The ref it mirrors. */
  readonly reverses: string | undefined
  /** Takes what has lapsed, and only that. */
  readonly isExpiry: boolean
  /** What makes two orders of one ref the same. */
  readonly content: string
  readonly transferId: string
}
export interface OrderLeg {
  readonly account: string
  readonly amount: number
  /** What a credit puts into lots; the rest of it never lapses, unless it passes through an escrow. */
  readonly lots: LotMoves
}
export interface AccountState {
  balance: number
  lastEntry: number
  readonly floor: number | null
  readonly frozen: boolean
  readonly lots: Map<number, number>
}
/** A transfer that stands already. */
export interface Standing {
  readonly transferId: string
  readonly content: string
}
export interface EntryRow {
  readonly account: string
  readonly currency: string
  readonly entry_no: number
  readonly amount: number
  readonly balance_after: number
  readonly ref: string
  readonly reason: string
  readonly lots: LotMoves | null
}
export interface Plan {
  /** One per order, in their order. */
  readonly posted: readonly { readonly transferId: string; readonly replayed: boolean }[]
  readonly fresh: readonly Order[]
  readonly entries: readonly EntryRow[]
}
export type Fault = {
  readonly code: keyof typeof ledgerRefusals | 'idempotency.key_reused'
  readonly detail: string
}
export const keyOf = (account: string, currency: string): string => `${currency} ${account}`

export interface Known {
  /** By `keyOf`; every account of the orders is in it. Changed in place. */
  readonly accounts: ReadonlyMap<string, AccountState>
  readonly byRef: ReadonlyMap<string, Standing>
  /** The ref that mirrors a ref. */
  readonly reversals: ReadonlyMap<string, string>
  readonly now: number
}

/** Whether the legs are a transfer; undefined if so. Amounts that are no amounts are the caller's bug. */
export function faultOfLegs(ref: string, legs: readonly OrderLeg[]): Fault | undefined {
  let out = 0
  let into = 0
  for (const { amount } of legs) {
    if (!Number.isSafeInteger(amount) || amount === 0) throw new Error(`${ref}: ${amount} is no amount`)
    if (amount < 0) out -= amount
    else into += amount
  }
  if (!Number.isSafeInteger(out) || !Number.isSafeInteger(into)) return { code: 'ledger.amount_limit', detail: ref }
  if (out !== into || legs.length < 2) throw new Error(`${ref}: ${into} goes in where ${out} comes out`)
  if (new Set(legs.map((leg) => leg.account)).size < legs.length) return { code: 'ledger.same_account', detail: ref }
  return undefined
}

/** [LDG1] [LDG4] All or nothing: with a fault nothing of the plan may be written. */
export function planOf(orders: readonly Order[], known: Known): Plan | Fault {
  const posted: { transferId: string; replayed: boolean }[] = []
  const fresh: Order[] = []
  const entries: EntryRow[] = []
  const byRef = new Map(known.byRef)
  const reversals = new Map(known.reversals)
  for (const order of orders) {
    const standing = byRef.get(order.ref)
    if (standing !== undefined) {
      if (standing.content !== order.content) return { code: 'idempotency.key_reused', detail: order.ref }
      posted.push({ transferId: standing.transferId, replayed: true })
      continue
    }
    if (order.reverses !== undefined) {
      if (reversals.has(order.reverses)) return { code: 'ledger.already_reversed', detail: order.reverses }
      reversals.set(order.reverses, order.ref)
    }
    const passing = passingOf(order)
    for (const leg of legsOf(order, passing)) {
      const state = known.accounts.get(keyOf(leg.account, order.currency)) as AccountState
      const fault = faultOf(state, leg, order, known.now)
      if (fault !== undefined) return { code: fault, detail: leg.account }
      entries.push(entryOf(state, leg, order, { now: known.now, passing }))
    }
    byRef.set(order.ref, order)
    fresh.push(order)
    posted.push({ transferId: order.transferId, replayed: false })
  }
  return { posted, fresh, entries }
}

/** Dates and amounts of what a transfer took and has not put anywhere yet; undefined where nothing keeps its date. */
type Passing = Map<number, number> | undefined
/** [LDG12] What goes into an escrow or comes out of it keeps its date; a mirror knows the dates it gives back. */
function passingOf({ legs, reverses, isExpiry }: Order): Passing {
  const passes = reverses === undefined && !isExpiry && legs.some(({ account }) => isEscrow(account))
  return passes ? new Map() : undefined
}
/** Whoever gives comes first where the dates of what they gave are wanted. */
function legsOf({ legs }: Order, passing: Passing): readonly OrderLeg[] {
  return passing === undefined ? legs : legs.toSorted((a, b) => Math.sign(a.amount) - Math.sign(b.amount))
}

/** [LDG4] [LDG11] */
function faultOf(state: AccountState, leg: OrderLeg, order: Order, now: number): Fault['code'] | undefined {
  if (state.frozen && leg.amount < 0 && !order.isExpiry) return 'ledger.account_frozen'
  const after = state.balance + leg.amount
  if (!Number.isSafeInteger(after)) return 'ledger.amount_limit'
  if (leg.amount > 0 || state.floor === null) return undefined
  const kept = order.isExpiry || isEscrow(leg.account) ? 0 : lapsedOf(state.lots, now)
  if (after - kept >= state.floor) return undefined
  return leg.account.startsWith('budget/') ? 'budget.exhausted' : 'ledger.insufficient_funds'
}
/** [LDG3] The entry, and the account as it stands after it. */
function entryOf(
  state: AccountState,
  leg: OrderLeg,
  order: Order,
  { now, passing }: { readonly now: number; readonly passing: Passing },
): EntryRow {
  state.balance += leg.amount
  state.lastEntry += 1
  const moves = leg.amount < 0 ? takenOf(state, leg, order, now) : putOf(state, leg, passing)
  if (leg.amount > 0) putInto(state.lots, moves)
  else if (passing !== undefined) putInto(passing, negated(moves))
  return {
    account: leg.account,
    currency: order.currency,
    entry_no: state.lastEntry,
    amount: leg.amount,
    balance_after: state.balance,
    ref: order.ref,
    reason: order.reason,
    lots: moves.length === 0 ? null : moves,
  }
}
/** [LDG10] [LDG11] What has lapsed is an expiry's alone, but for what an escrow keeps for somebody. */
function takenOf({ lots }: AccountState, { account, amount }: OrderLeg, { isExpiry }: Order, now: number): LotMoves {
  return takeFrom(lots, -amount, (at) => isEscrow(account) || at <= now === isExpiry)
}
/** [LDG12] Where a credit says no date it has that of what was given, soonest first; an issuer's own never lapses. */
function putOf({ floor }: AccountState, { amount, lots }: OrderLeg, passing: Passing): LotMoves {
  if (passing === undefined || lots.length > 0 || floor === null) return lots
  return negated(takeFrom(passing, amount, () => true))
}
const negated = (moves: LotMoves): LotMoves => moves.map(([at, amount]) => [at, -amount])
