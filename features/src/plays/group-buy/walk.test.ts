/** A random walk of buyers, host and clock against the model, one move at a time; QUN_TEST_SEED repeats another. */
import { MINUTE } from '@qun/contract'
import { refusalOf, seeded } from '@qun/testing'
import { expect, test } from 'vitest'
import { groupBuy } from './contract.ts'
import { bindOne, compareInstructions, newOffer, oneOf, openWorld, payOne, settleBoth, tellOne } from './fixtures.ts'

const seed = Number(process.env['QUN_TEST_SEED'] ?? 20_260_304)
const people = ['wang', 'he', 'li', 'zhao', 'sun']

test(`[GB1] [GB2] [GB3] [GB6] [GB7] [GB9] [GB10] [GB11] [GB12] [V5] [V6] 260 moves leave what the model says (seed ${seed})`, async () => {
  const random = seeded(seed)
  await using world = await openWorld()
  let offer = await newOffer(world, random)
  const seen = new Set<string>()
  for (let n = 0; n < 260; n++) {
    // Jobs are late now and then: what is due is decided by the clock all the same.
    if (random() < 0.15) world.time.moveTo(world.time.now() + Math.floor(random() * 20 * MINUTE))
    const who = people[Math.floor(random() * people.length)] as string
    const kind = random()
    if (kind < 0.01) {
      const refused = await refusalOf(world.as('he').act(offer.at, groupBuy, 'cancel', { reason: '断货' }))
      expect(refused).toBe(offer.model.cancel(world.time.now()))
    } else if (kind < 0.34) await payOne(world, offer, who, random, n)
    else if (kind < 0.42) await bindOne(world, offer, who, random, n)
    else if (kind < 0.5) await tellOne(world, offer, who, random, n)
    else {
      const { action, input, expected } = oneOf(offer.model, who, random, world.time.now())
      expect(await refusalOf(world.as(who).act(offer.at, groupBuy, action, input))).toBe(expected)
    }
    if (random() < 0.5) continue
    await settleBoth(world, offer)
    for (const place of offer.model.places) seen.add(place.status)
    if (offer.model.phase === 'on') continue
    await compareInstructions(world, offer)
    if (random() < 0.6) offer = await newOffer(world, random)
  }
  expect([...seen].toSorted()).toEqual(['held', 'lost', 'paid', 'refunded', 'returned', 'won'])
}, 120_000)
