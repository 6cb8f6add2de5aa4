/**
 * A hundred thousand random steps of fifty people with draws, and of a host whose orders give chances, against a model
 * written from the rules and a draw of its own; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import { campaignBudget, MINUTE, SECOND, type StateOf } from '@qun/contract'
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
  refusalOf,
  seeded,
  shopId,
  startWorld,
  walking,
  type World,
} from '@qun/testing'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff, removeStaff } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { addMembers, setRole } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import { tell, teller } from '../../trade/order/fixtures.ts'
import message from '../../words/message/server.ts'
import { grantChance, luckyDraw } from './contract.ts'
import { listOf, Model, People, sha256, stranger, winnersOf } from './fixtures-model.ts'
import { id, post, proofIn } from './fixtures.ts'
import feature from './server.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 2))
const guests = Array.from({ length: 45 }, (_, i) => `m${i}`)
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]
/** Who is made an admin or found to be under age on the way. */
const changing = guests.slice(0, 8)
/** Who is hired and let go on the way, each by the shop or by one that belongs to it. */
const hired = guests.slice(8, 14)
const branchId = 'camellia-branch'
/** Of each campaign; the largest draw fits twice. */
const campaignFen = 1_000_000

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
    const branch = { name: '分店', parentId: shopId }
    await this.#world.asServer().call(putMerchantEndpoint, { params: { merchantId: branchId }, body: branch })
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
    const who = this.#random() < 0.05 ? stranger : this.#pick(people.slice(2, 10))
    const known = [...model.chances.keys()]
    const chanceId = known.length > 0 && this.#random() < 0.2 ? this.#pick(known) : `chance-${++this.#chances}`
    const before = model.chances.get(chanceId)
    const owner = this.#random() < 0.7 ? (before?.who ?? who) : who
    const orderId = before !== undefined && this.#random() < 0.8 ? before.orderId : this.#order(model)
    const body = { userId: id(owner), ...(orderId === null ? {} : { orderId }) }
    const told = await this.#world
      .asServer()
      .call(grantChance, { params: { ...at, chanceId }, body })
      .catch((error: unknown) => String((error as { code?: unknown }).code ?? error))
    const fault = model.grant({ who: owner, orderId }, chanceId, this.#now())
    expect(told).toEqual(fault ?? { weight: model.weightOf(owner) })
    this.seen.add(`chance ${fault}`)
    this.done += 1
  }
  /** None, a new one, or one that gave a chance before. */
  #order(model: Model): string | null {
    const known = [...model.chances.values()].flatMap(({ orderId }) => orderId ?? [])
    if (this.#random() < 0.4) return null
    return known.length > 0 && this.#random() < 0.3 ? this.#pick(known) : `order-${this.#chances}`
  }
  /** An order is cancelled or refunded, perhaps again, perhaps before it gave anything. */
  async #end(draw: Draw): Promise<void> {
    const { model } = draw
    const orderId = this.#order(model) ?? `order-${this.#chances + 1}`
    const status = this.#random() < 0.5 ? 'cancelled' : 'refunded'
    await this.#world.asServer().call(tell, { body: { orderId, status } })
    // The reaction runs, and with it what was due.
    await this.#settle(draw)
    if (this.#people.ended.has(orderId)) return
    this.#people.ended.add(orderId)
    model.end(orderId, this.#now())
    this.seen.add('order ended')
    this.done += 1
  }
  /** Jobs are late now and then: what is over is decided by the clock all the same. */
  async #turn(draw: Draw, instant: number): Promise<void> {
    this.#world.time.moveTo(Math.max(this.#now(), instant))
    for (let changes = this.#below(4); changes > 0; changes--) await this.#change()
    if (this.#random() < 0.5) await this.#settle(draw)
    for (let chances = this.#below(8); chances > 0; chances--)
      await (this.#random() < 0.15 ? this.#end(draw) : this.#grant(draw))
    if (this.#random() < 0.85) await this.#many(draw)
    await this.#compareBudget(draw)
  }
  /** Somebody begins or ends to run the group or to work for the shop, or is found to be under age. */
  async #change(): Promise<void> {
    const { admins, minors } = this.#people
    if (this.#random() < 0.3) return this.#hire()
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
  async #hire(): Promise<void> {
    const { employed } = this.#people
    const n = this.#below(hired.length)
    const who = hired[n] as string
    const params = { merchantId: n % 2 === 0 ? shopId : branchId, userId: id(who) }
    const host = this.#world.asServer()
    if (employed.has(who)) await host.call(removeStaff, { params })
    else await host.call(putStaff, { params, body: { post: '店员', abilities: n < 3 ? ['issue'] : [] } })
    if (!employed.delete(who)) employed.add(who)
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
    // Once entries are closed nobody throws an outcome away: tried often, by who might.
    const isOver = now >= model.body.closesAt
    if (dice < (isOver ? 0.02 : 0.0015)) {
      const by = isOver ? this.#pick([...this.#people.admins]) : who
      return { who: by, action: 'cancel', input: { reason: '断货' }, expected: model.cancel(by, now) }
    }
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
  await using world = await startWorld({ features: [message, membership, teller, merchants, feature], watching: [] })
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
    'chance draw.order_ended',
    'order ended',
  ]
  if (steps >= 50_000) expect([...walk.seen]).toEqual(expect.arrayContaining(codes))
})
