/** Coupons have an issuer and an order that stands: silent where all is well, and naming each planted breach. */
import { DAY, type UserId } from '@qun/contract'
import { refusalOf, shopId, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import {
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  redeemCoupon,
  useCoupons,
  type Basket,
  type Terms,
} from './contract.ts'
import feature from './server.ts'
import { audits } from './store-audits.ts'

const open = () => startWorld({ features: [message, membership, teller, feature], watching: [] })
const termsAt = (w: World): Terms => ({
  ...{ kind: 'direct', amountFen: 500, total: 30, perUser: 5 },
  claim: { from: w.time.now(), until: w.time.now() + 30 * DAY },
  validity: { mode: 'relative', afterDays: 0, forDays: 3 },
})
const basket: Basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 3_000, quantity: 2 }] }
async function claim(w: World, who: string): Promise<string> {
  const at = await w.as('wang').post(w.groupId, coupon, { title: '老友券', contact: '店内', terms: termsAt(w) })
  await w.as(who).act(at, coupon, 'claim', {})
  return (await w.as(who).mine<typeof coupon>(at))?.coupons[0]?.couponId ?? ''
}
const lock = (w: World, orderId: string, couponId: string) =>
  refusalOf(
    w.asServer().call(lockCoupons, {
      params: { orderId },
      body: { userId: 'li' as UserId, couponIds: [couponId], basket },
    }),
  )
const use = (w: World, orderId: string) => refusalOf(w.asServer().call(useCoupons, { params: { orderId }, body: {} }))
const order = async (w: World, orderId: string, status: string) => {
  await w.asServer().call(tell, { body: { orderId, status, userId: 'li' } })
  await w.settle()
}

test('[CP27] [MER9] an order that was cancelled takes no coupon any more, whichever was told first', async () => {
  await using w = await open()
  const [one, other] = [await claim(w, 'li'), await claim(w, 'li')]
  expect(await lock(w, 'o1', one)).toBe(null)
  await order(w, 'o1', 'cancelled')
  expect([await lock(w, 'o1', one), await use(w, 'o1')]).toEqual(['coupon.order_ended', 'coupon.order_ended'])
  // Paid after all, says the host: the order stays ended.
  await order(w, 'o1', 'paid')
  await order(w, 'o2', 'refunded')
  expect(await lock(w, 'o2', one)).toBe('coupon.order_ended')
  const body = { couponId: other, userId: 'li' as UserId, orderId: 'o2' }
  expect(await refusalOf(w.asServer().call(redeemCoupon, { body }))).toBe('coupon.order_ended')
  expect([await lock(w, 'o3', one), await use(w, 'o3')]).toEqual([null, null])
})
const path = sql`UPDATE groups SET merchant_path = NULL WHERE group_id <> ''`
test.each([
  ['used by an order that had ended', sql`UPDATE coupon_orders SET ended_at = 1`, 'is used by the ended order o1'],
  [
    'used again without having come back',
    sql`UPDATE facts SET data = jsonb_set(data::jsonb, '{couponId}', (SELECT data::jsonb->'couponId' FROM facts
      WHERE name = 'coupon.used'))::json, name = 'coupon.used' WHERE name = 'coupon.locked'`,
    'was used 2 times more',
  ],
  ['offered among friends', path, 'offers'],
  ['of the shop next door', sql`UPDATE coupon_stocks SET merchant_id = 'next'`, 'of next'],
  ['of no card', sql`UPDATE coupon_items SET seq = seq + 100 WHERE batch_id IS NULL`, 'came from nowhere'],
])('[MER9] [V2] a coupon %s is named', async (_name, plant, said) => {
  const w = await open()
  const id = await claim(w, 'li')
  expect([await lock(w, 'o1', id), await use(w, 'o1')]).toEqual([null, null])
  const stock = { title: '店庆券', terms: termsAt(w), merchantId: shopId }
  const { stockId } = await w.asServer().call(createStock, { body: stock })
  const batch = { params: { stockId, batchId: 'b' }, body: { userIds: ['zhao' as UserId] } }
  await w.asServer().call(issueBatch, batch)
  const find = async () =>
    (await w.store.reading('*', (tx) => Promise.all(audits.map((one) => one.find(tx, w.time.now()))))).flat()
  expect(await find()).toEqual([])
  await w.store.transaction('*', (tx) => plant.execute(tx))
  expect(await find()).toEqual([expect.stringContaining(said)])
  await expect(w[Symbol.asyncDispose]()).rejects.toThrow('audit MER9')
})
