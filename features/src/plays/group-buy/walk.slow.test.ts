/**
 * A hundred thousand random steps of twelve buyers, host and clock against the model, many at a time; QUN_TEST_SEED
 * repeats a walk, QUN_WALK_STEPS chooses its length.
 */
import { randomInt } from 'node:crypto'
import { HOUR, MINUTE, type UserId } from '@qun/contract'
import { actTogether, again, announce, type Answer, type Deed, lengthOf, seeded, walking } from '@qun/testing'
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
} from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? randomInt(2 ** 31))
const steps = Number(process.env['QUN_WALK_STEPS'] ?? lengthOf(100_000, 6))
const guests = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'] as UserId[]
const people = ['wang', 'he', 'li', 'zhao', 'sun', ...guests]

test(`[GB1] [GB2] [GB3] [GB6] [GB7] [GB8] [GB9] [GB10] [GB11] [GB12] [V5] [V6] ${steps} steps leave what the model says (seed ${seed})`, async () => {
  announce(import.meta.filename, steps, seed)
  const random = seeded(seed)
  const below = (n: number) => Math.floor(random() * n)
  const pick = <T>(from: readonly T[]) => from[below(from.length)] as T
  await using world = await openWorld()
  for (const userId of guests) await world.core.putUser('shop' as never, { userId, name: userId })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: guests } })
  let offer = await newOffer(world, random, 24, 2 * HOUR)
  let answers: Answer[] = []
  const seen = new Set<string>()
  const plan = { done: 0, proveAt: 25_000 }
  const many = async (): Promise<void> => {
    const deeds: Deed[] = []
    const now = world.time.now()
    const count = 60 + below(120)
    for (let i = 0; i < count; i++) {
      if (answers.length > 0 && random() < 0.05) deeds.push(again(pick(answers), random() < 0.7))
      else if (random() < 0.0004)
        deeds.push({ who: 'he', action: 'cancel', input: { reason: '断货' }, expected: offer.model.cancel(now) })
      else deeds.push(oneOf(offer.model, pick(people), random, now))
    }
    const told = await actTogether(world, offer.at, deeds)
    answers.push(...told.filter(({ result }) => result !== undefined).slice(0, 4))
    for (const { expected } of deeds) seen.add(String(expected))
    plan.done += count
  }
  const round = async (): Promise<void> => {
    // Jobs are late now and then: what is due is decided by the clock all the same.
    if (random() < 0.7) world.time.moveTo(world.time.now() + below(30 * MINUTE))
    await many()
    const payments = below(12)
    for (let i = 0; i < payments; i++) await payOne(world, offer, pick(people), random, (plan.done += 1))
    // Of few people, so that several orders are for one place.
    const [told, first] = [below(24), below(people.length)]
    for (let i = 0; i < told; i++) {
      const who = people[(first + below(3)) % people.length] as string
      await (random() < 0.5 ? bindOne : tellOne)(world, offer, who, random, (plan.done += 1))
    }
    for (let i = below(4); i > 0; i--, plan.done++) await carryOutOne(world, offer, random)
    if (random() < 0.4) return
    await settleBoth(world, offer)
    for (let i = below(4); i > 0; i--, plan.done++) await quoteOne(world, offer, pick(people))
    for (const place of offer.model.places) seen.add(place.status)
    if (offer.model.phase === 'on' || random() < 0.6) return
    await compareInstructions(world, offer)
    offer = await newOffer(world, random, 24, 2 * HOUR)
    answers = []
  }
  await walking(
    seed,
    () => plan.done,
    async () => {
      while (plan.done < steps) {
        await round()
        if (plan.done < plan.proveAt) continue
        await world.prove()
        offer.model.settle(world.time.now())
        plan.proveAt += 25_000
      }
      await settleBoth(world, offer)
      await compareInstructions(world, offer)
      await world.prove()
    },
  )
  const all = [
    'held',
    'lost',
    'paid',
    'returned',
    'won',
    'refunded',
    'null',
    'group_buy.not_alone',
    'group_buy.sold_out',
  ]
  if (steps >= 50_000) expect([...seen]).toEqual(expect.arrayContaining(all))
})
