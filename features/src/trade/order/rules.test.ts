/** What an order is, for any set of events in any order. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, foldEvent, nothing, orderFrom, plainItems, shorten, statusOf, type OrderEvent } from './rules.ts'

const kinds = ['paid', 'received', 'refunded', 'cancelled'] as const
const event = fc.record(
  {
    source: fc.constantFrom('a', 'b'),
    eventId: fc.string({ minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom(...kinds),
    at: fc.integer({ min: 0, max: 5 }),
    shopId: fc.constantFrom('s1', 's2'),
    amountFen: fc.integer({ min: 0, max: 3 }),
    items: fc.array(fc.record({ title: fc.string({ maxLength: 2 }), quantity: fc.integer({ min: 1, max: 2 }) }), {
      maxLength: 2,
    }),
    groupId: fc.constantFrom('g1', 'g2'),
  },
  { requiredKeys: ['source', 'eventId', 'kind', 'at', 'shopId'] },
) as fc.Arbitrary<OrderEvent>
/** Ids are told apart by the store: no two events of a set share one. */
const events = fc.uniqueArray(event, { maxLength: 8, selector: (each) => `${each.source}/${each.eventId}` })
const fold = (list: readonly OrderEvent[]) => list.reduce(foldEvent, nothing)

describe('folding', () => {
  test('[O1] any order of arrival, and repeats, give the same', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (list, keys) => {
        const shuffled = list
          .map((each) => ({ each, key: keys.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ each }) => each)
        expect(fold(shuffled)).toEqual(fold(list))
        expect(fold([...list, ...shuffled])).toEqual(fold(list))
      }),
    )
  })
  test('[OR2] an end is for good, and what is received was paid', () => {
    fc.assert(
      fc.property(events, (list) => {
        const status = statusOf(fold(list))?.status
        const has = (kind: OrderEvent['kind']) => list.some((each) => each.kind === kind)
        if (has('refunded')) expect(status).toBe('refunded')
        else if (has('cancelled')) expect(status).toBe('cancelled')
        else if (has('received')) expect(status).toBe('received')
        else expect(status).toBe(has('paid') ? 'paid' : undefined)
      }),
    )
  })
  test('a detail nobody told stays away; the earliest instant counts', () => {
    const told: OrderEvent = { source: 'a', eventId: '1', kind: 'paid', at: 5, shopId: 's1' }
    expect(orderFrom('o1', 'li' as never, nothing)).toBeUndefined()
    expect(orderFrom('o1', 'li' as never, fold([told]))).toEqual({
      orderId: 'o1',
      userId: 'li',
      shopId: 's1',
      status: 'paid',
      at: 5,
      items: [],
    })
    const later = { ...told, eventId: '2', kind: 'received' as const, at: 9, amountFen: 200 }
    const sooner = { ...told, eventId: '3', at: 4, amountFen: 100 }
    expect(orderFrom('o1', 'li' as never, fold([later, sooner, told]))).toMatchObject({
      status: 'received',
      at: 9,
      amountFen: 100,
    })
  })
})

describe('words', () => {
  test('[OR4] become one short plain line; pictures by https alone', () => {
    expect(shorten('  可颂\n\u202e礼盒\u0000 ', 80)).toBe('可颂 礼盒')
    expect(Array.from(shorten('🥐'.repeat(10_000), 80))).toHaveLength(80)
    expect(shorten('', 5)).toBe('')
    expect(plainItems([{ title: '<b>x</b>', image: 'javascript:alert(1)' }])).toEqual([
      { title: '<b>x</b>', quantity: 1 },
    ])
    expect(plainItems([{ title: 'x', image: 'https://a.example/p.png', quantity: 3, productId: 'p' }])).toEqual([
      { productId: 'p', title: 'x', image: 'https://a.example/p.png', quantity: 3 },
    ])
  })
  test('[OR1] the same words give the same text, whatever the order of their fields', () => {
    expect(canonical({ a: 1, b: [{ d: 2, c: 3 }] })).toBe(canonical({ b: [{ c: 3, d: 2 }], a: 1 }))
    expect(canonical({ a: [1, 2] })).not.toBe(canonical({ a: [2, 1] }))
  })
})
