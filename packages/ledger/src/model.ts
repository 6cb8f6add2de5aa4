/** The ledger as a reader of the rules would write it, in memory and one thing at a time. Tests compare with it. */
import type { Transfer } from './transfers.ts'

interface Held {
  balance: number
  entries: number
  frozen: boolean
  /** Value with an end date, in the order in which it lapses. */
  lots: { at: number; left: number }[]
}
interface Known {
  readonly text: string
  readonly transfer: Transfer
  /** What each payer's lots gave, to come back with a reversal. */
  readonly taken: ReadonlyMap<string, readonly { at: number; amount: number }[]>
  readonly reverses: string | undefined
  reversedBy: string | undefined
}

export class Model {
  now = 0
  readonly held = new Map<string, Held>()
  readonly known = new Map<string, Known>()

  of(account: string): Held {
    let held = this.held.get(account)
    if (held === undefined) this.held.set(account, (held = { balance: 0, entries: 0, frozen: false, lots: [] }))
    return held
  }
  lapsed(account: string): number {
    if (account.startsWith('escrow/')) return 0
    return this.of(account).lots.reduce((sum, { at, left }) => sum + (at <= this.now ? left : 0), 0)
  }
  spendable(account: string): number {
    return this.of(account).balance - this.lapsed(account)
  }

  /** Null when it was posted, the code when it was refused; 'replayed' when it stood already. */
  transferAll(all: readonly Transfer[]): string {
    // One alone changes nothing when it is refused.
    const before = all.length > 1 ? structuredClone(this.held) : undefined
    const posted: string[] = []
    let last = 'posted'
    for (const transfer of all) {
      last = this.#one(transfer, undefined)
      if (last !== 'posted' && last !== 'replayed') {
        if (before === undefined) return last
        this.held.clear()
        for (const [account, held] of before) this.held.set(account, held)
        for (const ref of posted) this.known.delete(ref)
        return last
      }
      if (last === 'posted') posted.push(transfer.ref)
    }
    return last
  }
  #one(transfer: Transfer, reverses: string | undefined): string {
    const text = JSON.stringify([transfer.currency, transfer.reason, transfer.legs, reverses])
    const known = this.known.get(transfer.ref)
    if (known !== undefined) return known.text === text ? 'replayed' : 'idempotency.key_reused'
    if (reverses !== undefined && this.known.get(reverses)?.reversedBy !== undefined) return 'ledger.already_reversed'
    for (const { account, amount } of transfer.legs) {
      const held = this.of(account)
      if (amount > 0) continue
      if (held.frozen) return 'ledger.account_frozen'
      if (!account.startsWith('issuer/') && this.spendable(account) + amount < 0)
        return account.startsWith('budget/') ? 'budget.exhausted' : 'ledger.insufficient_funds'
    }
    const taken = new Map<string, { at: number; amount: number }[]>()
    const keepsDates = reverses === undefined && transfer.legs.some(({ account }) => account.startsWith('escrow/'))
    const passing: Held = { balance: 0, entries: 0, frozen: false, lots: [] }
    const givers = transfer.legs.filter(({ amount }) => amount < 0)
    const receivers = transfer.legs.filter(({ amount }) => amount > 0)
    for (const { account, amount, expiresAt } of [...givers, ...receivers]) {
      const held = this.of(account)
      held.balance += amount
      held.entries += 1
      if (amount < 0) {
        const parts = this.#take(held, -amount, account.startsWith('escrow/'))
        taken.set(account, parts)
        for (const part of parts) put(passing, part.at, part.amount)
      } else if (expiresAt !== undefined) put(held, expiresAt, amount)
      else if (keepsDates && !account.startsWith('issuer/'))
        for (const part of this.#take(passing, amount, true)) put(held, part.at, part.amount)
    }
    if (reverses !== undefined) {
      const original = this.known.get(reverses) as Known
      for (const [account, parts] of original.taken)
        for (const { at, amount } of parts) put(this.of(account), at, amount)
      original.reversedBy = transfer.ref
    }
    this.known.set(transfer.ref, { text, transfer, taken, reverses, reversedBy: undefined })
    return 'posted'
  }
  #take(held: Held, amount: number, lapsedToo: boolean): { at: number; amount: number }[] {
    const parts: { at: number; amount: number }[] = []
    let left = amount
    for (const lot of held.lots) {
      if ((lot.at <= this.now && !lapsedToo) || left === 0) continue
      const part = Math.min(left, lot.left)
      if (part > 0) parts.push({ at: lot.at, amount: part })
      lot.left -= part
      left -= part
    }
    held.lots = held.lots.filter((lot) => lot.left > 0)
    return parts
  }
  reverse(ref: string, by: string, reason: string): string {
    const original = this.known.get(ref)
    if (original === undefined || original.reverses !== undefined) return 'ledger.not_reversible'
    // As they are written down: of several who cannot pay it back the first is told.
    const legs = original.transfer.legs
      .map(({ account, amount }) => ({ account, amount: -amount }))
      .toSorted((a, b) => (a.account < b.account ? -1 : 1))
    const before = this.known.get(by)
    const result = this.#one({ ...original.transfer, ref: by, reason, legs }, ref)
    return before !== undefined || result !== 'posted' ? result : 'posted'
  }
  expire(to: string): number {
    let sum = 0
    for (const [account, held] of this.held) {
      const amount = this.lapsed(account)
      if (amount === 0) continue
      held.lots = held.lots.filter((lot) => lot.at > this.now)
      held.balance -= amount
      held.entries += 1
      this.of(to).balance += amount
      this.of(to).entries += 1
      sum += amount
    }
    return sum
  }
}
function put(held: Held, at: number, amount: number): void {
  const lot = held.lots.find((other) => other.at === at)
  if (lot === undefined) held.lots.push({ at, left: amount })
  else lot.left += amount
  held.lots.sort((a, b) => a.at - b.at)
}
