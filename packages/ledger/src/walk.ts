/**
 * A seeded walk: at every step the ledger and the model do the same at random, and must say and hold the same. A step
 * is one transfer, retry, reversal, expiry or freeze; transfers mostly go many to a call, as plays that pay many do.
 */
import { deepStrictEqual } from 'node:assert/strict'
import { Refusal } from '@qun/contract'
import { sql } from 'kysely'
import { setFrozen } from './accounts.ts'
import { expire } from './expiry.ts'
import type { Lab } from './fixtures.ts'
import { Model } from './model.ts'
import { reverse, transferAll, type LedgerCall, type Transfer, type TransferLeg } from './transfers.ts'

const people = Array.from({ length: 8 }, (_, i) => `user/u${i}`)
const others = ['escrow/g/1', 'escrow/g/2', 'budget/spring', 'issuer/points', 'issuer/play']
const everybody = [...people, ...others]
const mint = 'issuer/points'
/** Steps that share a decision, at least: a refused one leaves the transaction usable. */
const stepsPerDecision = 30
const dayMs = 86_400_000

/** `tell`: how many steps were done, before each decision. */
export async function walk(
  lab: Lab,
  steps: number,
  random: () => number,
  tell: (done: number) => void = () => undefined,
): Promise<void> {
  const walker = new Walker(lab, random)
  // Books grow with the walk, and so does the time it takes to audit them whole.
  const compareEvery = Math.max(500, steps / 20)
  const auditEvery = Math.max(1_000, steps / 4)
  let [compareAt, auditAt] = [0, auditEvery]
  let done = 0
  while (done < steps) {
    tell(done)
    done += await lab.decide(async (call) => {
      let made = 0
      while (made < stepsPerDecision) made += await walker.step(call)
      return made
    })
    walker.pass()
    if (done < compareAt) continue
    await walker.compare()
    compareAt = done + compareEvery
    if (done < auditAt) continue
    deepStrictEqual(await lab.differences(), [])
    auditAt = done + auditEvery
  }
  // The lab's end audits once more.
  await walker.compare()
}

class Walker {
  readonly #lab: Lab
  readonly #random: () => number
  readonly #model = new Model()
  readonly #posted: Transfer[] = []
  #refs = 0
  constructor(lab: Lab, random: () => number) {
    this.#lab = lab
    this.#random = random
    this.#model.now = lab.now
  }
  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }
  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T
  }
  pass(): void {
    if (this.#random() < 0.5) this.#lab.now += this.#below(3 * dayMs)
    this.#model.now = this.#lab.now
  }
  /** Answers how many steps it was. */
  async step(call: LedgerCall): Promise<number> {
    const dice = this.#random()
    if (dice < 0.45) return this.#postMany(call)
    if (dice < 0.58) return this.#post(call, [this.#fresh()])
    if (dice < 0.7)
      return this.#post(
        call,
        this.#several(5, () => this.#fresh()),
      )
    if (dice < 0.82) return this.#retry(call)
    if (dice < 0.92) return this.#reverse(call)
    if (dice < 0.96) return this.#expire(call)
    return this.#freeze(call)
  }
  #several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.#below(most) }, make)
  }
  /** What the model accepts one after the other stands when asked for together; one that is refused ends them. */
  async #postMany(call: LedgerCall): Promise<number> {
    const all: Transfer[] = []
    for (const wanted = 8 + this.#below(16); all.length < wanted;) {
      const one = this.#fresh()
      const expected = this.#model.transferAll([one])
      if (expected === 'posted') all.push(one)
      else if (this.#random() < 0.1) {
        const before = await this.#postKnown(call, all)
        deepStrictEqual(await saidOf(transferAll(call, [one])), expected)
        return before + 1
      }
    }
    return this.#postKnown(call, all)
  }
  /** What the model holds already. */
  async #postKnown(call: LedgerCall, all: readonly Transfer[]): Promise<number> {
    if (all.length > 0) deepStrictEqual(await saidOf(transferAll(call, all)), 'posted')
    this.#posted.push(...all)
    return all.length
  }
  #fresh(): Transfer {
    if (this.#random() < 0.1) return this.#edge()
    const accounts = [...everybody].toSorted(() => this.#random() - 0.5).slice(0, 2 + this.#below(3))
    const [payer, ...receivers] = this.#random() < 0.4 ? [mint, ...accounts.filter((a) => a !== mint)] : accounts
    const legs: TransferLeg[] = receivers.map((account) => {
      const expiresAt = this.#lab.now + (this.#below(5) + 1) * dayMs
      const lapses = this.#random() < 0.5 && account.startsWith('user/')
      return { account, amount: 1 + this.#below(60), ...(lapses ? { expiresAt } : {}) }
    })
    const amount = legs.reduce((sum, leg) => sum - leg.amount, 0)
    this.#refs += 1
    const all = [{ account: payer as string, amount }, ...legs]
    return { ref: `walk/${this.#refs}`, currency: 'points', reason: 'walk', legs: all }
  }
  /** All that somebody may spend, or one more. */
  #edge(): Transfer {
    const payer = this.#pick(people)
    const amount = Math.max(1, this.#model.spendable(payer) + this.#below(2))
    this.#refs += 1
    const legs = [
      { account: payer, amount: -amount },
      { account: this.#pick(others), amount },
    ]
    return { ref: `walk/${this.#refs}`, currency: 'points', reason: 'walk', legs }
  }
  async #post(call: LedgerCall, all: readonly Transfer[]): Promise<number> {
    const expected = this.#model.transferAll(all)
    deepStrictEqual(await saidOf(transferAll(call, all)), expected)
    if (expected === 'posted') this.#posted.push(...all)
    return all.length
  }
  async #retry(call: LedgerCall): Promise<number> {
    if (this.#posted.length === 0) return 0
    const old = this.#several(3, () => this.#pick(this.#posted))
    const last = this.#pick(this.#posted)
    return this.#post(call, [...old, this.#random() < 0.7 ? last : { ...last, reason: 'other' }])
  }
  async #reverse(call: LedgerCall): Promise<number> {
    if (this.#posted.length === 0) return 0
    const { ref } = this.#pick(this.#posted.slice(-40))
    const by = `undo/${ref}/${this.#random() < 0.7 ? 1 : 2}`
    const expected = this.#model.reverse(ref, by, 'walk.undo')
    deepStrictEqual(await saidOf(reverse(call, { ref, by, reason: 'walk.undo' }).then((one) => [one])), expected)
    return 1
  }
  async #expire(call: LedgerCall): Promise<number> {
    const expected = this.#model.expire(mint)
    const { expired, more } = await expire(call, { currency: 'points', to: mint, limit: 100 })
    const sum = expired.reduce((total, { amount }) => total + amount, 0)
    deepStrictEqual({ sum, more }, { sum: expected, more: false })
    return 1
  }
  async #freeze(call: LedgerCall): Promise<number> {
    const account = this.#pick(people)
    if (this.#model.of(account).entries === 0) return 0
    const frozen = this.#random() < 0.3
    this.#model.of(account).frozen = frozen
    await setFrozen(call, { account, currency: 'points', frozen })
    return 1
  }
  /** Balances, numbers of entries and lots are the model's. */
  async compare(): Promise<void> {
    const found = await this.#lab.decide(async ({ tx }) => {
      const { rows } = await sql<{ account: string; balance: number; entries: number; lots: [number, number][] }>`
        SELECT account, balance, last_entry AS entries, (SELECT coalesce(jsonb_agg(jsonb_build_array(expires_at,
          remaining) ORDER BY expires_at), '[]') FROM ledger_lots l WHERE l.app_id = a.app_id AND l.account = a.account
          AND l.remaining > 0) AS lots FROM ledger_accounts a WHERE last_entry > 0 ORDER BY account`.execute(tx)
      return rows
    })
    const expected = [...this.#model.held]
      .filter(([, { entries }]) => entries > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([account, { balance, entries, lots }]) => {
        const left = lots.filter((lot) => lot.left > 0).map((lot) => [lot.at, lot.left])
        return { account, balance, entries, lots: left }
      })
    deepStrictEqual(found, expected)
  }
}
async function saidOf(run: Promise<readonly { readonly replayed: boolean }[]>): Promise<string> {
  try {
    return (await run).at(-1)?.replayed === true ? 'replayed' : 'posted'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}
