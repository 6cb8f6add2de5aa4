/** Coupons of several merchants: whose a stock is, where it is offered, with whom it is used; through a whole world. */
import { DAY, type GroupId, type UserId } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff } from '../../people/merchant/contract.ts'
import merchant from '../../people/merchant/server.ts'
import { createGroupForHost } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  coupon,
  createStock,
  issueBatch,
  myCoupons,
  quoteBasket,
  redeemCoupon,
  setStacking,
  stackingOf,
  stockOf,
  type Terms,
} from './contract.ts'
import feature from './server.ts'

const li = 'li' as UserId
const open = () => startWorld({ features: [message, membership, merchant, feature], watching: [] })
const termsAt = (w: World): Terms => ({
  ...{ kind: 'direct', amountFen: 500, total: 100, perUser: 3 },
  claim: { from: w.time.now(), until: w.time.now() + 30 * DAY },
  validity: { mode: 'relative', afterDays: 0, forDays: 3 },
})
const putMerchant = (w: World, merchantId: string, parentId?: string) =>
  w.asServer().call(putMerchantEndpoint, {
    params: { merchantId },
    body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
  })
let keys = 0
async function groupOf(w: World, merchantId: string) {
  const params = { merchantId, userId: 'he' as UserId }
  await w.asServer().call(putStaff, { params, body: { post: '店长', abilities: ['issue'] } })
  const body = { merchantId, name: merchantId, ownerId: 'he' as UserId, memberIds: [li] }
  return (await w.asServer().call(createGroupForHost, { key: `g${(keys += 1)}`, body })).groupId
}
const stockIn = async (w: World, merchantId?: string) => {
  const body = { title: '券', terms: termsAt(w), ...(merchantId === undefined ? {} : { merchantId }) }
  return (await w.asServer().call(createStock, { key: `s${(keys += 1)}`, body })).stockId
}
const issue = async (w: World, stockId: string) => {
  const body = { userIds: [li], staffId: 'he' as UserId }
  await w.asServer().call(issueBatch, { params: { stockId, batchId: 'b' }, body })
}
/** By the host's own key. */
const offerBy = async (w: World, groupId: GroupId, stockId: string): Promise<At> => {
  const clientId = `host-${(keys += 1)}`
  const who = { appId, groupId, senderId: '' as UserId, asServer: true, kind: coupon.kind, clientId }
  return { groupId, seq: (await w.core.post({ ...who, body: { title: '券', contact: '店内', stockId } })).seq }
}
const basket = (merchantId?: string) => ({
  ...(merchantId === undefined ? {} : { merchantId }),
  lines: [{ lineId: '1', sku: 'a', unitFen: 5_000, quantity: 1 }],
})

test('[MER3] a stock of one merchant is offered in its groups and its stores’, never next door; the host’s in any', async () => {
  await using w = await open()
  await putMerchant(w, 'brew')
  await putMerchant(w, 'camellia-2', shopId)
  const [brewing, store] = [await groupOf(w, 'brew'), await groupOf(w, 'camellia-2')]
  const offer = (groupId: GroupId, stockId: string) => offerBy(w, groupId, stockId)
  const shops = await stockIn(w, shopId)
  expect(await refusalOf(offer(brewing, shops))).toBe('coupon.not_found')
  expect([await refusalOf(offer(w.groupId, shops)), await refusalOf(offer(store, shops))]).toEqual([null, null])
  const hosts = await stockIn(w)
  expect([await refusalOf(offer(brewing, hosts)), await refusalOf(offer(store, hosts))]).toEqual([null, null])
  expect(await refusalOf(stockIn(w, 'nobody'))).toBe('merchant.not_found')
  const of = await w.asServer().call(stockOf, { params: { stockId: shops } })
  expect([of.merchantId, of.terms.timeZone]).toEqual([shopId, 'Asia/Shanghai'])
})
test('[MER3] [MER6] a coupon is used with its merchant and those that belong to it; the host hears whose it is and who gave it', async () => {
  await using w = await open()
  await putMerchant(w, 'brew')
  await putMerchant(w, 'camellia-2', shopId)
  const stockId = await stockIn(w, shopId)
  const offered = await offerBy(w, w.groupId, stockId)
  await w.as('li').act(offered, coupon, 'claim', {})
  const couponId = (await w.as('li').mine<typeof coupon>(offered))?.coupons[0]?.couponId ?? ''
  const quote = (merchantId?: string) =>
    w.asServer().call(quoteBasket, { body: { userId: li, couponIds: [couponId], basket: basket(merchantId) } })
  expect(await refusalOf(quote('brew'))).toBe('coupon.scope')
  expect(await refusalOf(quote('nobody'))).toBe('merchant.not_found')
  for (const merchantId of [undefined, shopId, 'camellia-2']) expect((await quote(merchantId)).payableFen).toBe(4_500)
  const redeem = (merchantId: string) =>
    w.asServer().call(redeemCoupon, {
      key: `r${(keys += 1)}`,
      body: { couponId, userId: li, orderId: 'o1', basket: basket(merchantId) },
    })
  expect(await refusalOf(redeem('brew'))).toBe('coupon.scope')
  const { coupon: used, origin } = await redeem('camellia-2')
  expect(used).toMatchObject({ state: 'used', merchantId: shopId })
  // Posted by the host's own key: nobody of the staff stands behind it.
  expect(origin).toEqual({ merchantId: shopId, ...offered, staffId: null })
})
test('[MER6] of a batch the host hears who of the staff gave it, and no card', async () => {
  await using w = await open()
  const stockId = await stockIn(w, shopId)
  await offerBy(w, w.groupId, stockId)
  await issue(w, stockId)
  const { coupons } = await w.as('li').call(myCoupons, { query: {} })
  const body = { couponId: coupons[0]?.couponId ?? '', userId: li, orderId: 'o1' }
  const { origin } = await w.asServer().call(redeemCoupon, { key: 'r', body })
  expect(origin).toEqual({ merchantId: shopId, groupId: null, seq: null, staffId: 'he' })
})
test('[MER3] [V8] a merchant’s own list says what goes together, else the host’s', async () => {
  await using w = await open()
  await putMerchant(w, 'brew')
  const list = (most: number) => ({ groups: [{ name: 'default', most }], most })
  const tell = (most: number, merchantId?: string) =>
    w.asServer().call(setStacking, {
      query: merchantId === undefined ? {} : { merchantId },
      body: list(most),
    })
  const ask = (merchantId: string) => w.asServer().call(stackingOf, { query: { merchantId } })
  await tell(3)
  await tell(2, 'brew')
  expect([await ask('brew'), await ask(shopId)]).toEqual([list(2), list(3)])
  expect(await refusalOf(tell(2, 'nobody'))).toBe('merchant.not_found')
})
