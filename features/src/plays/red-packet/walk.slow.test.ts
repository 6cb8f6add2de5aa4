/**
 * A hundred thousand random steps of ten people with packets, against a model written from the rules; QUN_TEST_SEED
 * repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import { MINUTE, type StateOf } from '@qun/contract'
import {
  actTogether,
  again,
  announce,
  type Answer,
  type At,
  type Deed,
  lengthOf,
  refusalOf,
  seeded,
  walking,
  type World,
} from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addMembers, muteMember, unmuteMember } from '../../people/membership/contract.ts'
import { redPacket, triesMax, triesWaitMs, type PacketBody, type PacketMine } from './contract.ts'
import { appId, escrowOf, fund, id, open } from './fixtures.ts'
import { createRedPacket } from './server.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 4))
const people = ['wang', 'he', 'li', 'zhao', 'sun', 'm1', 'm2', 'm3', 'm4', 'm5'] as const
const lifeMs = 30 * MINUTE
const shareMax = 500
const phrase = '山茶'
const sum = (amounts: Iterable<number>) => [...amounts].reduce((a, b) => a + b, 0)

/** Everybody's points and who is muted: what all packets share. */
class Purses {
  readonly held = new Map<string, number>()
  readonly mutedUntil = new Map<string, number>()
  of = (who: string) => this.held.get(who) ?? 0
  move = (who: string, amount: number) => void this.held.set(who, this.of(who) + amount)
  isMuted = (who: string, now: number) => (this.mutedUntil.get(who) ?? 0) > now
}

/** Why a packet may not be sent, by C-01; null when it may. */
function sendFault(body: PacketBody, who: string, purses: Purses, now: number): string | null {
  const { amount, count, recipientId } = body
  if (purses.isMuted(who, now)) return 'member.muted'
  if (amount < count) return 'redpacket.amount_too_small'
  if (amount > count * shareMax) return 'redpacket.share_limit'
  if (recipientId !== undefined && (count !== 1 || recipientId === who)) return 'redpacket.recipient_invalid'
  if (count > people.length) return 'redpacket.count_invalid'
  return amount > purses.of(who) ? 'ledger.insufficient_funds' : null
}

/** One packet by the rules, without a counter: claims are a list. */
class Model {
  readonly claims: { readonly who: string; amount: number }[] = []
  readonly tries = new Map<string, { n: number; at: number }>()
  phase: 'open' | 'finished' | 'expired' | 'revoked' = 'open'
  endedAt = 0
  readonly body: PacketBody
  readonly sender: string
  readonly expiresAt: number
  readonly #purses: Purses
  constructor(body: PacketBody, sender: string, now: number, purses: Purses) {
    this.body = body
    this.sender = sender
    this.expiresAt = now + lifeMs
    this.#purses = purses
  }
  claimOf = (who: string) => this.claims.find((claim) => claim.who === who)
  left = () => this.body.amount - sum(this.claims.map((claim) => claim.amount))

  /** In the order of C-01. The share of a claim that is done is told later: `learn`. */
  open(who: string, said: string, now: number): string | null {
    const { body } = this
    if (this.#purses.isMuted(who, now)) return 'member.muted'
    if (this.claimOf(who) !== undefined) return null
    if (body.recipientId !== undefined && body.recipientId !== who) return 'redpacket.not_recipient'
    if (body.phrase !== undefined) {
      const tries = this.tries.get(who) ?? { n: 0, at: 0 }
      if (tries.n >= triesMax && now < tries.at + triesWaitMs) return 'rate.limited'
      if (said !== body.phrase) {
        this.tries.set(who, { n: tries.n >= triesMax ? 1 : tries.n + 1, at: now })
        return 'redpacket.password_wrong'
      }
    }
    if (this.phase === 'revoked') return 'redpacket.revoked'
    if (this.phase === 'finished') return 'redpacket.empty'
    if (this.phase === 'expired' || now >= this.expiresAt) return 'redpacket.expired'
    this.claims.push({ who, amount: 0 })
    if (this.claims.length === body.count) this.#end('finished', now)
    return null
  }
  revoke(who: string, now: number): string | null {
    if (who !== this.sender) return 'message.not_owner'
    if (this.#purses.isMuted(who, now)) return 'member.muted'
    if (this.phase === 'revoked') return null
    if (this.phase !== 'open' || this.claims.length > 0) return 'redpacket.not_revocable'
    this.giveBack('revoked', now)
    return null
  }
  giveBack(phase: 'expired' | 'revoked', now: number): void {
    this.#purses.move(this.sender, this.left())
    this.#end(phase, now)
  }
  #end(phase: 'finished' | 'expired' | 'revoked', now: number): void {
    this.phase = phase
    this.endedAt = now
  }
  /** What a member was given is chance, within bounds: of equal shares the first have one more. */
  learn(who: string, { amount = 0, place }: PacketMine): void {
    const at = this.claims.findIndex((claim) => claim.who === who)
    const claim = this.claims[at]
    if (claim === undefined) throw new Error(`${who} has a share of nothing`)
    expect(place).toBe(at + 1)
    if (claim.amount === amount) return
    const { amount: total, count, split } = this.body
    if (split === 'equal') expect(amount).toBe(Math.floor(total / count) + (at < total % count ? 1 : 0))
    expect(claim.amount).toBe(0)
    expect(amount).toBeGreaterThanOrEqual(1)
    expect(amount).toBeLessThanOrEqual(shareMax)
    claim.amount = amount
    this.#purses.move(who, amount)
  }
  /** The highest of a complete packet of several random shares, the earliest of several. */
  luckiest() {
    if (this.phase !== 'finished' || this.body.split === 'equal' || this.body.count < 2) return undefined
    const most = Math.max(...this.claims.map((claim) => claim.amount))
    return this.claims.find((claim) => claim.amount === most)
  }
  check(state: StateOf<typeof redPacket>): void {
    const claimedSum = sum(this.claims.map((claim) => claim.amount))
    if (this.phase === 'finished') expect(claimedSum).toBe(this.body.amount)
    const luckiest = this.luckiest()
    const { commit: _, luckiest: told, ...rest } = state
    const over = { endedAt: this.endedAt, claimedSum, refunded: this.body.amount - claimedSum }
    const { phase, expiresAt } = this
    expect(rest).toEqual({ phase, claimedCount: this.claims.length, expiresAt, ...(phase === 'open' ? {} : over) })
    expect(told === undefined ? undefined : { who: told.userId, amount: told.amount }).toEqual(luckiest)
  }
}

interface Packet {
  readonly at: At
  readonly model: Model
  readonly answers: Answer[]
}
class Walk {
  readonly #purses = new Purses()
  readonly #packets: Packet[] = []
  readonly #random = seeded(seed)
  readonly #world: World
  readonly seen = new Set<string>()
  done = 0

  constructor(world: World) {
    this.#world = world
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]): T => from[this.#below(from.length)] as T
  #now = () => this.#world.time.now()

  async begin(): Promise<void> {
    const { groupId, core } = this.#world
    for (const who of people.slice(5)) await core.putUser(appId, { userId: id(who), name: who })
    const userIds = people.slice(5).map(id)
    await this.#world.as('wang').call(addMembers, { params: { groupId }, body: { userIds } })
    this.#purses.move('wang', 1_000_000)
    for (const who of people) {
      await fund(this.#world, `user/${who}`, 3_000)
      this.#purses.move(who, 3_000)
    }
  }
  async round(): Promise<void> {
    const standing = this.#packets.filter(({ model }) => model.phase === 'open').length
    if (standing < 4) await this.#send()
    if (this.#random() < 0.1) await this.#mute()
    if (this.#random() < 0.3) await this.#pass()
    const packet = this.#pick(this.#packets.slice(-10))
    if (packet !== undefined) await this.#many(packet)
  }
  async #send(): Promise<void> {
    const who = this.#pick(people)
    const isExclusive = this.#below(6) === 0
    const count = isExclusive && this.#below(4) > 0 ? 1 : 1 + this.#below(11)
    const body: PacketBody = {
      currency: 'points',
      // Of little, several shares are the highest.
      amount: this.#below(4) === 0 ? this.#below(20) + 1 : 1 + this.#below(count * 520),
      count,
      split: this.#pick(['equal', 'lucky', 'exciting']),
      ...(isExclusive ? { recipientId: id(this.#pick(people)) } : {}),
      ...(this.#below(5) === 0 ? { phrase } : {}),
    }
    const expected = sendFault(body, who, this.#purses, this.#now())
    let at: At | undefined
    const posted = this.#world.as(who).post(this.#world.groupId, redPacket, body)
    const code = await refusalOf(posted.then((place) => (at = place)))
    if (code !== expected) throw new Error(`${who} sends ${JSON.stringify(body)}: ${code}, not ${expected}`)
    this.done += 1
    if (at === undefined) return
    this.#purses.move(who, -body.amount)
    this.#packets.push({ at, model: new Model(body, who, this.#now(), this.#purses), answers: [] })
  }
  async #mute(): Promise<void> {
    const who = this.#pick(people.slice(2))
    const params = { groupId: this.#world.groupId, userId: id(who) }
    const isLong = this.#random() < 0.6
    if (isLong) await this.#world.as('wang').call(muteMember, { params, body: { durationMs: 5 * MINUTE } })
    else await this.#world.as('wang').call(unmuteMember, { params })
    this.#purses.mutedUntil.set(who, isLong ? this.#now() + 5 * MINUTE : 0)
  }
  /** Jobs are late now and then: what is over is decided by the clock all the same. */
  async #pass(): Promise<void> {
    this.#world.time.moveTo(this.#now() + this.#below(6 * MINUTE))
    if (this.#random() < 0.4) return
    await this.#world.core.settle()
    for (const { model } of this.#packets)
      if (model.phase === 'open' && this.#now() >= model.expiresAt) model.giveBack('expired', this.#now())
  }
  async #many({ at, model, answers }: Packet): Promise<void> {
    const deeds: Deed[] = []
    const count = 60 + this.#below(120)
    // Few asked at first: so packets are found half open.
    const asked = this.#random() < 0.5 ? people : people.slice(0, 1 + this.#below(people.length))
    for (let i = 0; i < count; i++) {
      if (answers.length > 0 && this.#random() < 0.05) deeds.push(again(this.#pick(answers), this.#random() < 0.7))
      else deeds.push(this.#one(model, this.#pick(asked)))
    }
    const told = await actTogether(this.#world, at, deeds)
    this.done += count
    for (const { expected } of deeds) this.seen.add(String(expected))
    const successes = told.filter(({ result }) => result !== undefined)
    answers.push(...successes.slice(0, 5))
    for (const { deed, result } of successes)
      if (deed.action === 'open') model.learn(deed.who, result?.mine as PacketMine)
    const state = successes[0]?.result?.state ?? (await this.#world.read(at, redPacket))
    model.check(state as StateOf<typeof redPacket>)
  }
  #one(model: Model, who: string): Deed {
    const now = this.#now()
    if (this.#random() < 0.01) {
      const sender = this.#random() < 0.7 ? model.sender : who
      return { who: sender, action: 'revoke', input: {}, expected: model.revoke(sender, now) }
    }
    const said = this.#random() < 0.3 ? '错' : phrase
    return { who, action: 'open', input: { phrase: said }, expected: model.open(who, said, now) }
  }
  /** Points of everybody and of every packet; then what any client and auditor may look at. */
  async compare(): Promise<void> {
    const { rows } = await this.#world.store.reading(appId, (tx) =>
      sql<{ account: string; balance: number }>`SELECT account, balance FROM ledger_accounts
        WHERE balance <> 0 AND NOT starts_with(account, 'issuer/') ORDER BY account COLLATE "C"`.execute(tx),
    )
    const expected = new Map([...this.#purses.held].map(([who, held]) => [`user/${who}`, held]))
    for (const { at, model } of this.#packets) if (model.phase === 'open') expected.set(escrowOf(at), model.left())
    const held = [...expected].filter(([, balance]) => balance !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(rows.map((row) => [row.account, row.balance])).toEqual(held)
  }
}

test(`[R1] [R2] [R3] [R4] [R5] [R6] [R7] [R8] [R11] [R12] ${steps} steps end as the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await open({ watching: [], packets: createRedPacket({ lifeMs, shareMax }) })
  const walk = new Walk(world)
  await walk.begin()
  let [compareAt, proveAt] = [0, 20_000]
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < steps) {
        await walk.round()
        if (walk.done >= compareAt) await walk.compare()
        compareAt = Math.max(compareAt, walk.done + 1_000)
        if (walk.done < proveAt) continue
        await world.prove()
        proveAt += 20_000
      }
      await walk.compare()
      await world.prove()
    },
  )
  if (steps >= 50_000)
    expect([...walk.seen]).toEqual(
      expect.arrayContaining(['null', 'rate.limited', 'member.muted', 'redpacket.expired']),
    )
})
