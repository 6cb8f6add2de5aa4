/** Properties of prices, deadlines and places. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offerLifeMaxMs, teamLifeMinMs } from './contract.ts'
import {
  capacityOf,
  cutOf,
  isAlone,
  ladderFits,
  offerFault,
  piecesFault,
  stepAfter,
  stepAt,
  teamFault,
  untilOf,
  type Offer,
} from './rules.ts'

const ladders = fc
  .uniqueArray(fc.integer({ min: 2, max: 50 }), { minLength: 1, maxLength: 5 })
  .map((sizes) =>
    sizes.toSorted((a, b) => a - b).map((size, i, all) => ({ size, priceFen: 1_000 + 100 * (all.length - i) })),
  )

describe('the ladder', () => {
  test('[GB6] more places never make it dearer, and a full team reaches the last step', () => {
    fc.assert(
      fc.property(ladders, fc.integer({ min: 0, max: 50 }), (ladder, count) => {
        expect(ladderFits({ ladder, singlePriceFen: 1_501 })).toBe(true)
        const [now, more] = [stepAt(ladder, count), stepAt(ladder, count + 1)]
        if (now !== undefined) expect(more?.priceFen).toBeLessThanOrEqual(now.priceFen)
        expect(stepAt(ladder, capacityOf(ladder))).toBe(ladder.at(-1))
        const next = stepAfter(ladder, count)
        if (next !== undefined) expect(stepAt(ladder, next.size)).toBe(next)
        expect(stepAt(ladder, (ladder[0]?.size ?? 0) - 1)).toBeUndefined()
      }),
    )
  })
  test('[GB15] any two steps out of order do not fit', () => {
    fc.assert(
      fc.property(ladders, (ladder) => {
        if (ladder.length < 2) return
        expect(ladderFits({ ladder: ladder.toReversed(), singlePriceFen: 9_999 })).toBe(false)
        expect(ladderFits({ ladder, singlePriceFen: ladder[0]?.priceFen ?? 0 })).toBe(false)
      }),
    )
  })
})

const offer: Offer = {
  singlePriceFen: 2_900,
  ladder: [{ size: 3, priceFen: 1_900 }],
  perMember: 2,
  teamMs: 3_600_000,
  endsAt: 86_400_000,
}
describe('an offer', () => {
  test('[GB15] its times, stock and address fit', () => {
    expect(offerFault(offer, 0)).toBeUndefined()
    expect(offerFault({ ...offer, endsAt: teamLifeMinMs - 1 }, 0)).toBe('group_buy.times_invalid')
    expect(offerFault({ ...offer, endsAt: offerLifeMaxMs + 1 }, 0)).toBe('group_buy.times_invalid')
    expect(offerFault({ ...offer, stock: 2 }, 0)).toBe('group_buy.stock_invalid')
    expect(offerFault({ ...offer, stock: 3, url: '/buy' }, 0)).toBeUndefined()
  })
  test('[GB15] [I13] its checkout is an address that is safe to follow', () => {
    for (const url of ['https://user@evil.example/', 'javascript:alert(1)', '//evil.example'])
      expect(offerFault({ ...offer, url }, 0)).toBe('card.url_scheme')
  })
  test('[GB5] a team ends by its own time or the offer’s, whichever is first', () => {
    fc.assert(
      fc.property(fc.nat(86_400_000), (now) => {
        const until = untilOf(offer, now)
        expect(until).toBeLessThanOrEqual(offer.endsAt)
        expect(until === now + offer.teamMs || until === offer.endsAt).toBe(true)
      }),
    )
  })
  test('[GB1] [GB2] [GB3] [GB8] places, pieces, and being alone', () => {
    const team = { paidCount: 1, heldCount: 1, until: 10 }
    expect(teamFault(offer.ladder, team, 9)).toBeUndefined()
    expect(teamFault(offer.ladder, team, 10)).toBe('group_buy.team_over')
    expect(teamFault(offer.ladder, { ...team, heldCount: 2 }, 9)).toBe('group_buy.team_full')
    expect(piecesFault(2, 1, 1, 1)).toBeUndefined()
    expect(piecesFault(2, 2, 1, 9)).toBe('group_buy.limit')
    expect(piecesFault(2, 2, 0, 1)).toBe('group_buy.sold_out')
    expect(piecesFault(2, 2, 0, undefined)).toBeUndefined()
    expect([isAlone(team), isAlone({ paidCount: 1, heldCount: 0 })]).toEqual([false, true])
  })
})

test('[GB17] an offer cuts what the pieces of full teams cost less than the list price', () => {
  const step = (size: number, priceFen: number) => ({ size, priceFen })
  expect(cutOf({ ladder: [step(3, 1_900), step(5, 1_500)], stock: 10 }, { priceFen: 2_900 })).toBe(14_000)
  expect(cutOf({ ladder: [step(2, 2_900)], stock: 10 }, { priceFen: 2_900 })).toBe(0)
  fc.assert(
    fc.property(ladders, fc.nat(5_000), (ladder, priceFen) => {
      const cuts = ladder.map((one) => cutOf({ ladder: [one], stock: 7 }, { priceFen }))
      expect(cutOf({ ladder, stock: 7 }, { priceFen })).toBe(Math.max(...cuts))
    }),
  )
})
