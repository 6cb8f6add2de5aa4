/**
 * A hundred thousand random steps of twelve buyers, of the host with its checkout and orders, and of the clock, against
 * the model, many at a time; QUN_TEST_SEED repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import { HOUR, MINUTE, type UserId } from '@qun/contract'
import {
  actTogether,
  again,
  announce,
  type Answer,
  type Deed,
  lengthOf,
  seeded,
  walking,
  type World,
} from '@qun/testing'
import { expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import {
  bindOne,
  carryOutOne,
  compareInstructions,
  newOffer,
  oneOf,
  openWorld,
  payOne,
  quoteOne,
  settleBoth,
  tellOne,
  type Offer,
} from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 6))
const guests = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'] as UserId[]
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]

class Walk {
  readonly seen = new Set<string>()
  done = 0
  offer: Offer
  #answers: Answer[] = []
  readonly #world: World
  readonly #random: () => number

  static async begin(world: World): Promise<Walk> {
    for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: guests } })
    const random = seeded(seed)
    return new Walk(world, random, await newOffer(world, random, 24, 2 * HOUR))
  }
  private constructor(world: World, random: () => number, offer: Offer) {
    this.#world = world
    this.#random = random
    this.offer = offer
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]) => from[this.#below(from.length)] as T

  async round(): Promise<void> {
    const world = this.#world
    // Jobs are late now and then: what is due is decided by the clock all the same.
    if (this.#random() < 0.7) world.time.moveTo(world.time.now() + this.#below(30 * MINUTE))
    await this.#many()
    await this.#checkout()
    if (this.#random() < 0.4) return
    await settleBoth(world, this.offer)
    for (let i = this.#below(4); i > 0; i--, this.done++) await quoteOne(world, this.offer, this.#pick(people))
    for (const place of this.offer.model.places) this.seen.add(place.status)
    if (this.offer.model.phase === 'on' || this.#random() < 0.6) return
    await compareInstructions(world, this.offer)
    this.offer = await newOffer(world, this.#random, 24, 2 * HOUR)
    this.#answers = []
  }
  async #many(): Promise<void> {
    const { at, model } = this.offer
    const deeds: Deed[] = []
    const now = this.#world.time.now()
    const count = 60 + this.#below(120)
    for (let i = 0; i < count; i++) {
      if (this.#answers.length > 0 && this.#random() < 0.05)
        deeds.push(again(this.#pick(this.#answers), this.#random() < 0.7))
      else if (this.#random() < 0.0004)
        deeds.push({ who: 'he', action: 'cancel', input: { reason: '断货' }, expected: model.cancel(now) })
      else deeds.push(oneOf(model, this.#pick(people), this.#random, now))
    }
    const told = await actTogether(this.#world, at, deeds)
    this.#answers.push(...told.filter(({ result }) => result !== undefined).slice(0, 4))
    for (const { expected } of deeds) this.seen.add(String(expected))
    this.done += count
  }
  /** What the host says of payments and orders, and what it carries out. */
  async #checkout(): Promise<void> {
    const [world, random] = [this.#world, this.#random]
    for (let i = this.#below(12); i > 0; i--)
      await payOne(world, this.offer, this.#pick(people), random, (this.done += 1))
    // Of few people, so that several orders are for one place.
    const first = this.#below(people.length)
    for (let i = this.#below(24); i > 0; i--) {
      const who = people[(first + this.#below(3)) % people.length] as string
      await (random() < 0.5 ? bindOne : tellOne)(world, this.offer, who, random, (this.done += 1))
    }
    for (let i = this.#below(4); i > 0; i--, this.done++) await carryOutOne(world, this.offer, random)
  }
  async compare(): Promise<void> {
    await settleBoth(this.#world, this.offer)
    await compareInstructions(this.#world, this.offer)
    await this.#world.prove()
  }
}
const all = [
  ...['held', 'lost', 'paid', 'returned', 'won', 'refunded'],
  ...['null', 'group_buy.not_alone', 'group_buy.sold_out'],
]

test(`[GB1] [GB2] [GB3] [GB6] [GB7] [GB8] [GB9] [GB10] [GB11] [GB12] [V5] [V6] ${steps} steps leave what the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  await using world = await openWorld()
  const walk = await Walk.begin(world)
  let proveAt = 25_000
  await walking(
    seed,
    () => walk.done,
    async () => {
      while (walk.done < steps) {
        await walk.round()
        if (walk.done < proveAt) continue
        await walk.compare()
        proveAt += 25_000
      }
      await walk.compare()
    },
  )
  if (steps >= 50_000) expect([...walk.seen]).toEqual(expect.arrayContaining(all))
})
