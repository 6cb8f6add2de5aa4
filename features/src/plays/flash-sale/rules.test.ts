/** Properties of who may take how many pieces when, and a random run of a sale against the simplest of models. */
import { isSafeAddress } from '@qun/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countFault, cutOf, timeFault, timesFit } from './rules.ts'

const instants = fc.integer({ min: 0, max: 1_000 })
test('[FS1] whoever may begin as a stranger may as a member, and nobody after the end', () => {
  fc.assert(
    fc.property(instants, instants, instants, instants, (startsAt, publicStartsAt, endsAt, now) => {
      const sale = { startsAt, publicStartsAt, endsAt, perMember: 1 }
      if (!timesFit(sale, -1)) return
      if (timeFault(sale, false, now) === undefined) expect(timeFault(sale, true, now)).toBeUndefined()
      if (now >= endsAt) expect(timeFault(sale, true, now)).toBe('flash_sale.ended')
    }),
  )
})
test('[FS2] [FS3] whatever people ask for, pieces and limits hold', () => {
  const asks = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 4 })), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), asks, (stock, perMember, all) => {
      const taken = new Map<number, number>()
      let left = stock
      for (const [who, quantity] of all) {
        const fault = countFault({ startsAt: 0, endsAt: 1, perMember }, quantity, taken.get(who) ?? 0, left)
        if (fault === 'flash_sale.sold_out') expect(left).toBeLessThan(quantity)
        if (fault !== undefined) continue
        taken.set(who, (taken.get(who) ?? 0) + quantity)
        left -= quantity
      }
      expect(left).toBeGreaterThanOrEqual(0)
      expect(Math.max(0, ...taken.values())).toBeLessThanOrEqual(perMember)
      expect(left + [...taken.values()].reduce((sum, count) => sum + count, 0)).toBe(stock)
    }),
  )
})
test('[FS1] a checkout is https or a path', () => {
  for (const url of ['https://shop.example/pay', '/pay?x=1']) expect(isSafeAddress(url)).toBe(true)
  for (const url of ['http://x', 'javascript:1', '//x', 'data:x', '/ x', '']) expect(isSafeAddress(url)).toBe(false)
})

test('[FS12] a sale cuts what its pieces cost less than the list price, and never less than nothing', () => {
  const fen = fc.nat(1_000_000)
  fc.assert(
    fc.property(fen, fen, fc.integer({ min: 1, max: 1_000 }), (priceFen, listFen, stock) => {
      const cut = cutOf({ priceFen, stock }, { priceFen: listFen })
      expect(cut).toBe(priceFen < listFen ? listFen * stock - priceFen * stock : 0)
    }),
  )
  expect(cutOf({ priceFen: 5_800, stock: 20 }, { priceFen: 8_800 })).toBe(60_000)
})
