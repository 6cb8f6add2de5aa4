/** Coupons of several merchants: whose a stock is, where it is offered, with whom it is used; through a whole world. */
import { DAY, mainMerchant, type Ability, type GroupId, type UserId } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff, suspendMerchant } from '../../people/merchant/contract.ts'
import merchant from '../../people/merchant/server.ts'
import { createGroupForHost } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import { setTimeZone } from '../../people/time-zone/contract.ts'
import timeZone from '../../people/time-zone/server.ts'
import message from '../../words/message/server.ts'
import {
  changeStock,
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  myCoupons,
  quoteBasket,
  redeemCoupon,
  setStacking,
  stackingOf,
  stockOf,
  useCoupons,
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
  // Of several merchants, a basket that says none is nobody's of them.
  expect(await refusalOf(quote())).toBe('coupon.scope')
  for (const merchantId of [shopId, 'camellia-2']) expect((await quote(merchantId)).payableFen).toBe(4_500)
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
test('[MER3] a basket that names no seller takes the one merchant’s coupons, and the host’s own; of several, the host’s alone', async () => {
  await using w = await open()
  const stocks = [await stockIn(w, shopId), await stockIn(w)]
  for (const stockId of stocks) await issue(w, stockId)
  const { coupons } = await w.as('li').call(myCoupons, { query: {} })
  const idOf = (merchantId: string) => coupons.find((one) => one.merchantId === merchantId)?.couponId ?? ''
  const asked = (merchantId: string, seller?: string) => ({
    body: { userId: li, couponIds: [idOf(merchantId)], basket: basket(seller) },
  })
  const quote = (merchantId: string, seller?: string) =>
    refusalOf(w.asServer().call(quoteBasket, asked(merchantId, seller)))
  expect([await quote(shopId), await quote(mainMerchant), await quote(mainMerchant, mainMerchant)]).toEqual([
    null,
    null,
    null,
  ])
  expect(await quote(shopId, mainMerchant)).toBe('coupon.scope')
  await putMerchant(w, 'brew')
  expect([await quote(shopId), await quote(mainMerchant), await quote(shopId, shopId)]).toEqual([
    'coupon.scope',
    null,
    null,
  ])
  const lock = w.asServer().call(lockCoupons, { params: { orderId: 'o' }, ...asked(shopId) })
  expect(await refusalOf(lock)).toBe('coupon.scope')
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
test('[MER8] [V10] a limit by days that is set later counts the merchant’s days', async () => {
  await using w = await startWorld({ features: [message, membership, merchant, timeZone, feature], watching: [] })
  await w.asServer().call(setTimeZone, { query: { merchantId: shopId }, body: { timeZone: 'America/New_York' } })
  await w.jump(2 * DAY)
  const at = await w.as('wang').post(w.groupId, coupon, { title: '券', contact: '店内', terms: termsAt(w) })
  const { stockId } = await w.read(at, coupon)
  await w.asServer().call(changeStock, { params: { stockId }, body: { perDay: 1 } })
  const claim = async (who: string, atMs: number) => {
    await w.jump(atMs - w.time.now())
    return refusalOf(w.as(who).act(at, coupon, 'claim', {}))
  }
  // Midnight in New York: 05:00 UTC. Shanghai's lies between, at 16:00.
  const midnight = Date.UTC(2026, 0, 4, 5)
  expect([await claim('li', midnight - DAY), await claim('zhao', midnight - 1)]).toEqual([null, 'coupon.day_sold_out'])
  expect([await claim('zhao', midnight), await claim('sun', midnight)]).toEqual([null, 'coupon.day_sold_out'])
})
test('[MER10] of a suspended merchant no coupon is given, nor taken by an order; what an order holds is used', async () => {
  await using w = await open()
  await putMerchant(w, 'brew')
  const brewing = await groupOf(w, 'brew')
  const [hosts, brews] = [await stockIn(w), await stockIn(w, 'brew')]
  // The host's own stock, in the shop's group, which itself goes on.
  await putMerchant(w, mainMerchant)
  const at = await offerBy(w, w.groupId, hosts)
  for (const stockId of [hosts, brews]) await issue(w, stockId)
  const { coupons } = await w.as('li').call(myCoupons, { query: { list: 'available' } })
  const idOf = (merchantId: string) => coupons.find((one) => one.merchantId === merchantId)?.couponId ?? ''
  const host = w.asServer()
  const asked = (merchantId: string) => ({ userId: li, couponIds: [idOf(merchantId)], basket: basket(merchantId) })
  const lock = (orderId: string, merchantId: string) =>
    refusalOf(host.call(lockCoupons, { params: { orderId }, body: asked(merchantId) }))
  expect(await lock('held', 'brew')).toBe(null)
  const suspend = async (merchantId: string, suspended: boolean) => {
    await host.call(suspendMerchant, { params: { merchantId }, body: { suspended } })
    await w.settle()
  }
  for (const merchantId of ['brew', mainMerchant]) await suspend(merchantId, true)
  const batch = (stockId: string, userIds: UserId[]) =>
    refusalOf(host.call(issueBatch, { params: { stockId, batchId: 'b' }, body: { userIds } }))
  expect(await batch(brews, ['zhao' as UserId])).toBe('merchant.suspended')
  // Whoever has it has it: a batch that is repeated gives nothing.
  expect(await batch(brews, [li])).toBe(null)
  expect(await refusalOf(w.as('zhao').act(at, coupon, 'claim', {}))).toBe('merchant.suspended')
  expect(await refusalOf(offerBy(w, brewing, brews))).toBe('merchant.suspended')
  expect(await refusalOf(host.call(quoteBasket, { body: asked(mainMerchant) }))).toBe('merchant.suspended')
  expect(await lock('o1', mainMerchant)).toBe('merchant.suspended')
  const receipt = { couponId: idOf(mainMerchant), userId: li, orderId: 'r1' }
  expect(await refusalOf(host.call(redeemCoupon, { body: receipt }))).toBe('merchant.suspended')
  // Held before: asked again it answers alike, and is used.
  expect(await lock('held', 'brew')).toBe(null)
  expect(await refusalOf(host.call(useCoupons, { params: { orderId: 'held' }, body: {} }))).toBe(null)
  await suspend(mainMerchant, false)
  expect([await lock('o1', mainMerchant), await refusalOf(w.as('zhao').act(at, coupon, 'claim', {}))]).toEqual([
    null,
    null,
  ])
})

test('[MER2] [V1] who runs the group changes nothing of what the shop gives, unless they may give it; who did is told', async () => {
  await using w = await open()
  await putMerchant(w, 'brand')
  await groupOf(w, 'brand')
  const people = { ownerId: 'he' as UserId, adminIds: [li], memberIds: ['wang' as UserId] }
  const made = await w.asServer().call(createGroupForHost, { body: { merchantId: 'brand', name: '店', ...people } })
  const { groupId } = made
  const work = (abilities: Ability[]) =>
    w.asServer().call(putStaff, { params: { merchantId: 'brand', userId: li }, body: { post: '店员', abilities } })
  const body = { title: '券', contact: '店内', terms: { ...termsAt(w), total: 1 } }
  const at = await w.as('he').post(groupId, coupon, body)
  const manage = (who: string, change: object) => refusalOf(w.as(who).act(at, coupon, 'manage', change))
  const changes = [{ total: 1_000_000 }, { total: 0 }, { status: 'paused' }, { status: 'ended' }, { status: 'active' }]
  for (const abilities of [undefined, ['talk-as', 'moderate', 'campaign', 'read-numbers', 'manage'] as Ability[]]) {
    if (abilities !== undefined) await work(abilities)
    for (const change of changes) expect(await manage('li', change)).toBe('merchant.not_issuer')
  }
  expect(await w.read(at, coupon)).toMatchObject({ status: 'active', total: 1, left: 1 })
  await work(['issue'])
  expect(await manage('li', { total: 2 })).toBeNull()
  const { rows } = await w.store.reading(appId, (tx) =>
    sql<{ data: string }>`SELECT data FROM facts WHERE name = 'coupon.managed' ORDER BY fact_seq`.execute(tx),
  )
  const { stockId } = (await w.read(at, coupon)) as { stockId: string }
  expect(rows.map(({ data }) => JSON.parse(data))).toEqual([{ stockId, byId: 'li', status: 'active', total: 2 }])
  await w.asServer().call(suspendMerchant, { params: { merchantId: 'brand' }, body: { suspended: true } })
  expect(await manage('li', { total: 3 })).toBe('merchant.suspended')
})
