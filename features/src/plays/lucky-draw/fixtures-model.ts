/** What the random walk is compared with: a model of draws written from the rules, and a draw of its own. */
import { createHash, createHmac } from 'node:crypto'
import { DAY, type BodyOf, type StateOf } from '@qun/contract'
import { personas } from '@qun/testing'
import { expect } from 'vitest'
import { winnersShownMax, type luckyDraw, type Proof } from './contract.ts'

/** No member of the group. */
export const stranger = 'zhou'
export type Body = BodyOf<typeof luckyDraw>

// ── the draw, as mechanics C-03 tells it ──
export const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer, bytes: Buffer | string) => createHmac('sha256', key).update(bytes).digest()
function* numbersOf(key: Buffer): Generator<bigint, never> {
  for (let i = 0; ; i++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(i)
    const block = hmac(key, counter)
    for (let at = 0; at < 32; at += 8) yield block.readBigUInt64BE(at)
  }
}
interface Entry {
  readonly who: string
  weight: number
  readonly nonce?: string
}
export const listOf = (drawId: string, entries: readonly Entry[]) =>
  entries
    .map(({ who, weight, nonce }, i) => [
      i + 1,
      sha256(`${drawId}:${who}`),
      weight,
      ...(nonce === undefined ? [] : [nonce]),
    ])
    .map((columns) => `${columns.join('\t')}\n`)
    .join('')
/** Who wins which prize, by the revealed seed; who is void by then is drawn and set aside. */
export function winnersOf(
  proof: Pick<Proof, 'seed' | 'drawId' | 'listHash'>,
  body: Body,
  model: Model,
): [string, number][] {
  const numbers = numbersOf(hmac(Buffer.from(proof.seed, 'hex'), `${proof.drawId}|${proof.listHash}|`))
  // An entry stands in it as often as it counts.
  let left = model.entries.flatMap(({ who, weight }) => Array<string>(weight).fill(who))
  const winners: [string, number][] = []
  body.prizes.forEach(({ quantity }, prize) => {
    for (let given = 0; given < quantity && left.length > 0;) {
      const total = BigInt(left.length)
      let number = numbers.next().value
      while (number >= (2n ** 64n / total) * total) number = numbers.next().value
      const who = left[Number(number % total)]
      left = left.filter((other) => other !== who)
      if (who === undefined || model.people.isVoid(who)) continue
      winners.push([who, prize])
      given += 1
    }
  })
  return winners
}

/** Who runs the group and who is under age: what all draws share. */
export class People {
  readonly admins = new Set(['wang', 'he'])
  readonly minors = new Set<string>()
  /** Who works for the shop, without a role or a badge here. */
  readonly employed = new Set<string>()
  /** Orders that were cancelled or refunded. */
  readonly ended = new Set<string>()
  isStaff = (who: string) =>
    this.admins.has(who) ||
    this.employed.has(who) ||
    ((personas as Record<string, { badge?: string | null }>)[who]?.badge ?? null) !== null
  isVoid = (who: string) => this.isStaff(who) || this.minors.has(who)
}
interface Chance {
  readonly who: string
  readonly orderId: string | null
  isTaken: boolean
}
export class Model {
  readonly entries: Entry[] = []
  readonly winners = new Map<string, number>()
  readonly claimed = new Map<string, number>()
  /** Each chance that the host gave. */
  readonly chances = new Map<string, Chance>()
  phase: 'open' | 'closed' | 'drawn' | 'cancelled' = 'open'
  drawnAt = 0
  unclaimed: number | undefined
  readonly body: Body & { readonly closesAt: number; readonly drawsAt: number }
  readonly people: People
  constructor(body: Model['body'], all: People) {
    this.body = body
    this.people = all
  }
  has = (who: string) => this.entries.some((entry) => entry.who === who)
  enter(who: string, nonce: string | undefined, now: number): string | null {
    if (this.has(who)) return null
    if (this.phase !== 'open' || now >= this.body.closesAt) return 'draw.closed'
    if (this.people.isStaff(who)) return 'draw.staff_excluded'
    if (this.people.minors.has(who)) return 'user.minor_restricted'
    const isGrouped = this.body.entropy?.mode === 'group'
    if (isGrouped && nonce === undefined) return 'draw.nonce_missing'
    this.entries.push({ who, weight: this.weightOf(who), ...(isGrouped && nonce !== undefined ? { nonce } : {}) })
    return null
  }
  weightOf = (who: string) =>
    Math.min(
      this.body.chances?.most ?? 1,
      1 + [...this.chances.values()].filter((chance) => chance.who === who && !chance.isTaken).length,
    )
  #isOpen = (now: number) => this.phase === 'open' && now < this.body.closesAt
  /** The host gives a chance, perhaps again. */
  grant({ who, orderId }: Omit<Chance, 'isTaken'>, chanceId: string, now: number): string | null {
    if (this.body.chances === undefined) return 'draw.not_eligible'
    if (!this.#isOpen(now)) return 'draw.closed'
    if (who === stranger) return 'draw.not_eligible'
    if (this.people.isStaff(who)) return 'draw.staff_excluded'
    if (this.people.minors.has(who)) return 'user.minor_restricted'
    if (orderId !== null && this.people.ended.has(orderId)) return 'draw.order_ended'
    const known = this.chances.get(chanceId)
    if (known !== undefined && (known.who !== who || known.orderId !== orderId)) return 'draw.not_eligible'
    if (known === undefined) this.chances.set(chanceId, { who, orderId, isTaken: false })
    this.#weigh(who)
    return null
  }
  /** An order ends: what it gave goes back while entries are open. */
  end(orderId: string, now: number): void {
    for (const chance of this.chances.values()) {
      if (chance.orderId !== orderId || chance.isTaken || !this.#isOpen(now)) continue
      chance.isTaken = true
      this.#weigh(chance.who)
    }
  }
  #weigh(who: string): void {
    for (const entry of this.entries) if (entry.who === who) entry.weight = this.weightOf(who)
  }
  /** What its prizes count for: all while anybody may win, in the end those that somebody has. */
  worth(): number {
    const { prizes } = this.body
    const worthOf = (prize: number) => prizes[prize]?.valueFen ?? 0
    if (this.phase === 'cancelled') return 0
    if (this.phase !== 'drawn') return prizes.reduce((sum, { quantity }, prize) => sum + quantity * worthOf(prize), 0)
    const kept = [...this.winners].filter(([who]) => this.unclaimed === undefined || this.claimed.has(who))
    return kept.reduce((sum, [, prize]) => sum + worthOf(prize), 0)
  }
  cancel(who: string, now: number): string | null {
    if (!this.people.admins.has(who)) return 'group.permission'
    if (this.phase !== 'open' || now >= this.body.closesAt) return 'draw.closed'
    this.phase = 'cancelled'
    return null
  }
  claimsUntil = () => (this.body.claimDays === undefined ? Infinity : this.drawnAt + this.body.claimDays * DAY)
  claim(who: string, now: number): string | null {
    if (!this.winners.has(who)) return 'draw.not_winner'
    if (this.claimed.has(who)) return null
    if (now >= this.claimsUntil()) return 'draw.claim_expired'
    this.claimed.set(who, now)
    return null
  }
  mineOf(who: string): object | null {
    if (!this.has(who)) return null
    const [prize, claimedAt] = [this.winners.get(who), this.claimed.get(who)]
    const entryNo = this.entries.findIndex((entry) => entry.who === who) + 1
    return { entryNo, ...(prize === undefined ? {} : { prize }), ...(claimedAt === undefined ? {} : { claimedAt }) }
  }
  check(state: StateOf<typeof luckyDraw>): void {
    expect([state.phase, state.entryCount]).toEqual([this.phase, this.entries.length])
    const shown = state.winners.map(({ userId, prize, entryNo }) => [userId as string, prize, entryNo])
    const numberOf = (who: string) => this.entries.findIndex((entry) => entry.who === who) + 1
    const expected = [...this.winners].map(([who, prize]) => [who, prize, numberOf(who)])
    expect([state.winnerCount, shown]).toEqual([expected.length, expected.slice(0, winnersShownMax)])
    expect(state.unclaimedCount).toBe(this.unclaimed)
    // Nothing of the outcome is known before it.
    expect(state.seed === undefined).toBe(this.phase !== 'drawn')
    const isListed = this.phase === 'closed' || this.phase === 'drawn'
    expect(state.listHash).toBe(isListed ? sha256(listOf(state.drawId, this.entries)) : undefined)
  }
}
