/**
 * A hundred thousand random steps of fifty people with draws, and of a host whose orders give chances, against a model
 * written from the rules and a draw of its own; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { createHash, createHmac, randomInt } from 'node:crypto'
import { campaignBudget, DAY, MINUTE, SECOND, type BodyOf, type StateOf } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import {
  actTogether,
  again,
  announce,
  type Answer,
  appId,
  type At,
  type Deed,
  lengthOf,
  personas,
  refusalOf,
  seeded,
  shopId,
  startWorld,
  walking,
  type World,
} from '@qun/testing'
import { expect, test } from 'vitest'
import { addMembers, setRole } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { grantChance, luckyDraw, winnersShownMax, type Proof } from './contract.ts'
import { id, post, proofIn } from './fixtures.ts'
import feature from './server.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 2))
const guests = Array.from({ length: 45 }, (_, i) => `m${i}`)
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]
/** Who is made an admin or found to be under age on the way. */
const changing = guests.slice(0, 8)
/** Of each campaign; the largest draw fits twice. */
const campaignFen = 1_000_000
type Body = BodyOf<typeof luckyDraw>

// ── the draw, as mechanics C-03 tells it ──
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
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
const listOf = (drawId: string, entries: readonly Entry[]) =>
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
function winnersOf(proof: Pick<Proof, 'seed' | 'drawId' | 'listHash'>, body: Body, model: Model): [string, number][] {
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
class People {
  readonly admins = new Set(['wang', 'he'])
  readonly minors = new Set<string>()
  isStaff = (who: string) =>
    this.admins.has(who) || ((personas as Record<string, { badge?: string | null }>)[who]?.badge ?? null) !== null
  isVoid = (who: string) => this.isStaff(who) || this.minors.has(who)
}
class Model {
  readonly entries: Entry[] = []
  readonly winners = new Map<string, number>()
  readonly claimed = new Map<string, number>()
  /** Whose chance each is that the host gave. */
  readonly chances = new Map<string, string>()
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
    Math.min(this.body.chances?.most ?? 1, 1 + [...this.chances.values()].filter((of) => of === who).length)
  /** The host gives a chance, perhaps again. */
  grant(who: string, chanceId: string, now: number): string | null {
    if (this.body.chances === undefined) return 'draw.not_eligible'
    if (this.phase !== 'open' || now >= this.body.closesAt) return 'draw.closed'
    if (!people.includes(who)) return 'draw.not_eligible'
    if (this.people.isStaff(who)) return 'draw.staff_excluded'
    if (this.people.minors.has(who)) return 'user.minor_restricted'
    if ((this.chances.get(chanceId) ?? who) !== who) return 'draw.not_eligible'
    this.chances.set(chanceId, who)
    for (const entry of this.entries) if (entry.who === who) entry.weight = this.weightOf(who)
    return null
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

class Walk {
  readonly #people = new People()
  readonly #random = seeded(seed)
  readonly #world: World
  readonly seen = new Set<string>()
  done = 0
  /** What former draws count for against the campaign, for good. */
  #spent = 0
  #campaigns = 0
  #chances = 0
  constructor(world: World) {
    this.#world = world
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]): T => from[this.#below(from.length)] as T
  #now = () => this.#world.time.now()

  async begin(): Promise<void> {
    const { core, groupId } = this.#world
    for (const who of guests) await core.putUser('shop' as never, { userId: id(who), name: who })
    await this.#world.as('wang').call(addMembers, { params: { groupId }, body: { userIds: guests.map(id) } })
    await this.#newCampaign()
  }
  #newBody(): Model['body'] {
    const closesAt = this.#now() + (5 + this.#below(10)) * MINUTE
    const prize = (name: string) => ({
      name,
      quantity: 1 + this.#below(this.#random() < 0.2 ? 40 : 4),
      valueFen: 3_800,
    })
    return {
      title: '周三咖啡抽奖',
      closesAt,
      drawsAt: closesAt + this.#below(2) * MINUTE,
      organiser: '山茶咖啡',
      contact: '021-5555 0100',
      conditions: '本群成员，每人一次',
      method: '七日内到店领取',
      prizes: ['手冲', '可颂', '贴纸'].slice(0, 1 + this.#below(3)).map(prize),
      campaign: this.#campaign(),
      ...(this.#random() < 0.5 ? { chances: { how: '每单一次', most: 2 + this.#below(3) } } : {}),
      ...(this.#random() < 0.5 ? { entropy: { mode: 'group' } } : {}),
      ...(this.#random() < 0.7 ? { claimDays: 1 + this.#below(2) } : {}),
    }
  }
  /** One draw from its post to the end of its claims. */
  async round(): Promise<void> {
    const body = this.#newBody()
    const model = new Model(body, this.#people)
    const posting = post(this.#world, body, this.#pick(['wang', 'he']))
    const isOver = this.#spent + model.worth() > campaignFen
    expect(await refusalOf(posting)).toBe(isOver ? 'budget.exhausted' : null)
    this.done += 1
    if (isOver) return this.#newCampaign()
    const draw = { at: await posting, model, answers: [] as Answer[] }
    const instants = [0, 0, body.closesAt - SECOND, body.closesAt, body.drawsAt, body.drawsAt + MINUTE]
    for (const instant of instants) await this.#turn(draw, instant)
    if (draw.model.phase === 'open' || draw.model.phase === 'closed') await this.#settle(draw)
    if (draw.model.phase === 'drawn') await this.#verify(draw)
    const end = draw.model.claimsUntil()
    for (const instant of draw.model.phase === 'drawn' && end < Infinity ? [0, end - 1, end] : [0])
      await this.#turn(draw, instant)
    await this.#settle(draw)
    await this.#many(draw)
    await this.#compareBudget(draw)
    this.#spent += draw.model.worth()
  }
  #campaign = () => `walk-${this.#campaigns}`
  async #newCampaign(): Promise<void> {
    this.#campaigns += 1
    this.#spent = 0
    const cap = { scope: `campaign/${this.#campaign()}`, currency: 'CNY', cap: campaignFen }
    await this.#world.store.transaction(appId, (tx) => setBudget({ tx, appId }, cap))
  }
  async #compareBudget({ model }: Draw): Promise<void> {
    const { spent } = await this.#world.store.reading(appId, (tx) =>
      budgetOf({ tx, appId }, { ...campaignBudget(shopId, this.#campaign()), currency: 'CNY' }),
    )
    expect(spent).toBe(this.#spent + model.worth())
    expect(spent).toBeLessThanOrEqual(campaignFen)
  }
  /** Orders of the host give chances, some told again, late, or of another person. */
  async #grant({ at, model }: Draw): Promise<void> {
    const who = this.#random() < 0.05 ? 'zhou' : this.#pick(people)
    const known = [...model.chances.keys()]
    const chanceId = known.length > 0 && this.#random() < 0.2 ? this.#pick(known) : `order-${++this.#chances}`
    const owner = this.#random() < 0.7 ? (model.chances.get(chanceId) ?? who) : who
    const body = { userId: id(owner) }
    const told = await this.#world
      .asServer()
      .call(grantChance, { params: { ...at, chanceId }, body })
      .catch((error: unknown) => String((error as { code?: unknown }).code ?? error))
    const fault = model.grant(owner, chanceId, this.#now())
    expect(told).toEqual(fault ?? { weight: model.weightOf(owner) })
    this.seen.add(`chance ${fault}`)
    this.done += 1
  }
  /** Jobs are late now and then: what is over is decided by the clock all the same. */
  async #turn(draw: Draw, instant: number): Promise<void> {
    this.#world.time.moveTo(Math.max(this.#now(), instant))
    if (this.#random() < 0.5) await this.#change()
    if (this.#random() < 0.5) await this.#settle(draw)
    for (let chances = this.#below(8); chances > 0; chances--) await this.#grant(draw)
    if (this.#random() < 0.85) await this.#many(draw)
    await this.#compareBudget(draw)
  }
  /** Somebody begins or ends to run the group, or is found to be under age. */
  async #change(): Promise<void> {
    const { admins, minors } = this.#people
    const who = this.#pick(changing)
    if (this.#random() < 0.5) {
      const params = { groupId: this.#world.groupId, userId: id(who) }
      const role = admins.has(who) ? 'member' : 'admin'
      await this.#world.as('wang').call(setRole, { params, body: { role } })
      if (!admins.delete(who)) admins.add(who)
    } else {
      if (!minors.delete(who)) minors.add(who)
      await this.#world.core.putUser('shop' as never, { userId: id(who), name: who, minor: minors.has(who) })
    }
  }
  async #settle({ at, model }: Draw): Promise<void> {
    await this.#world.core.settle()
    const now = this.#now()
    if (model.phase === 'drawn' && now >= model.claimsUntil() && model.winners.size > 0)
      model.unclaimed ??= model.winners.size - model.claimed.size
    if (model.phase === 'cancelled' || model.phase === 'drawn' || now < model.body.closesAt) return
    model.phase = 'closed'
    if (now < model.body.drawsAt) return
    const { seed: revealed, drawId, commit } = await this.#world.read(at, luckyDraw)
    expect(sha256(Buffer.from(revealed ?? '', 'hex'))).toBe(commit)
    const listHash = sha256(listOf(drawId, model.entries))
    for (const [who, prize] of winnersOf({ seed: revealed ?? '', drawId, listHash }, model.body, model))
      model.winners.set(who, prize)
    Object.assign(model, { phase: 'drawn', drawnAt: now })
  }
  /** What anybody may repeat says the same. */
  async #verify({ at, model }: Draw): Promise<void> {
    const { proof, entries } = await proofIn(this.#world, at)
    expect(proof.winners.map(({ userId, prize }) => [userId as string, prize])).toEqual([...model.winners])
    const own = model.entries.map(({ who, weight, nonce }, i) => {
      const line = { entryNo: i + 1, userHash: sha256(`${proof.drawId}:${who}`), weight }
      return nonce === undefined ? line : { ...line, nonce }
    })
    expect(entries).toEqual(own)
    const drawn = new Set(proof.winners.map((winner) => winner.entryNo))
    for (const entryNo of proof.voided) expect(drawn.has(entryNo)).toBe(false)
  }
  async #many({ at, model, answers }: Draw): Promise<void> {
    const deeds: Deed[] = []
    const count = 40 + this.#below(100)
    for (let i = 0; i < count; i++) {
      if (answers.length > 0 && this.#random() < 0.05) deeds.push(again(this.#pick(answers), this.#random() < 0.7))
      else deeds.push(this.#one(model, this.#pick(people)))
    }
    const told = await actTogether(this.#world, at, deeds)
    this.done += count
    for (const { expected } of deeds) this.seen.add(String(expected))
    const successes = told.filter(({ result }) => result !== undefined)
    answers.push(...successes.slice(0, 4))
    for (const { deed, result } of successes) expect(result?.mine ?? null).toEqual(model.mineOf(deed.who))
    const state = successes[0]?.result?.state ?? (await this.#world.read(at, luckyDraw))
    model.check(state as StateOf<typeof luckyDraw>)
  }
  #one(model: Model, who: string): Deed {
    const [dice, now] = [this.#random(), this.#now()]
    if (dice < 0.0015) return { who, action: 'cancel', input: { reason: '断货' }, expected: model.cancel(who, now) }
    if (dice < (model.phase === 'drawn' ? 0.6 : 0.05)) {
      const winners = [...model.winners.keys()]
      const winner = winners.length > 0 && dice < 0.3 ? this.#pick(winners) : who
      return { who: winner, action: 'claim', input: {}, expected: model.claim(winner, now) }
    }
    const nonce =
      this.#random() < 0.9
        ? this.#below(2 ** 31)
            .toString(16)
            .padStart(32, '0')
        : undefined
    const input = nonce === undefined ? {} : { nonce }
    return { who, action: 'enter', input, expected: model.enter(who, nonce, now) }
  }
}
interface Draw {
  readonly at: At
  readonly model: Model
  readonly answers: Answer[]
}

test(`[LD1] [LD2] [LD3] [LD4] [LD6] [LD7] [LD11] [LD14] [LD16] [LD17] [LD20] [LD26] ${steps} steps (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await startWorld({ features: [message, membership, feature], watching: [] })
  const walk = new Walk(world)
  await walk.begin()
  let proveAt = 20_000
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < steps) {
        await walk.round()
        if (walk.done < proveAt) continue
        await world.prove()
        proveAt += 20_000
      }
      await world.prove()
    },
  )
  const codes = [
    'null',
    'draw.closed',
    'draw.staff_excluded',
    'user.minor_restricted',
    'draw.claim_expired',
    'chance null',
  ]
  if (steps >= 50_000) expect([...walk.seen]).toEqual(expect.arrayContaining(codes))
})
