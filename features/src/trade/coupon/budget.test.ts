/** What coupons count against: the giver's day, the campaign, the receiver's day; and who an offer names. */
import { campaignBudget, DAY, HOUR, memberDay, staffDay, type BudgetKey, type UserId } from '@qun/contract'
import { setZone } from '@qun/core'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, shopId, shopIssuer, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  coupon,
  createStock,
  issueBatch,
  lockCoupons,
  myCoupons,
  returnCoupons,
  stockOf,
  useCoupons,
  voidCoupon,
  type Terms,
} from './contract.ts'
import feature from './server.ts'

const id = (name: string) => name as UserId
const currency = 'CNY'
const open = () => startWorld({ features: [message, membership, feature], watching: ['wang', 'li'] })
function termsAt(world: World, patch: Partial<Terms> = {}): Terms {
  const now = world.time.now()
  return {
    ...{ kind: 'direct', amountFen: 500, total: 100, perUser: 3 },
    claim: { from: now, until: now + 30 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 3 },
    ...patch,
  }
}
const offer = (world: World, patch: Partial<Terms> = {}, groupId = world.groupId) =>
  world.as('wang').post(groupId, coupon, { title: '开业券', contact: '店内', terms: termsAt(world, patch) })
const claim = (world: World, name: string, at: At, key?: string) =>
  refusalOf(world.as(name).act(at, coupon, 'claim', {}, key))
const ledger = <T>(world: World, run: (call: { tx: any; appId: typeof appId }) => Promise<T>) =>
  world.store.transaction(appId, (tx) => run({ tx, appId }))
const cap = (world: World, scope: string, amount: number) =>
  ledger(world, (call) => setBudget(call, { scope, currency, cap: amount }))
const spent = async (world: World, key: BudgetKey) =>
  (await ledger(world, (call) => budgetOf(call, { ...key, currency }))).spent
const mine = async (world: World, name: string) => (await world.as(name).call(myCoupons, { query: {} })).coupons

test('[CP21] a claim counts for who posted, the campaign and the receiver; at a cap the stock keeps it', async () => {
  await using world = await open()
  await cap(world, 'member-day', 1_000)
  const at = await offer(world, { campaign: 'spring' })
  const now = world.time.now()
  expect(await claim(world, 'li', at, 'one')).toBe(null)
  expect(await claim(world, 'li', at, 'one')).toBe(null)
  expect(await claim(world, 'li', at)).toBe(null)
  expect(await claim(world, 'li', at)).toBe('budget.exhausted')
  expect(await world.read(at, coupon)).toMatchObject({ left: 98, claimedCount: 2 })
  expect(await claim(world, 'zhao', at)).toBe(null)
  for (const [key, sum] of [
    [staffDay(shopIssuer, id('wang'), now), 1_500],
    [campaignBudget(shopIssuer.merchantId, 'spring'), 1_500],
    [memberDay(shopIssuer, id('li'), now), 1_000],
    [memberDay(shopIssuer, id('zhao'), now), 500],
  ] as const)
    expect(await spent(world, key)).toBe(sum)
  await world.jump(DAY)
  expect(await claim(world, 'li', at)).toBe(null)
})
test('[CP21] a crowd on two cards: exactly as many as the campaign has room for, and the figures are the coupons', async () => {
  await using world = await open()
  const names = Array.from({ length: 40 }, (_, n) => `buyer${n}`)
  for (const name of names) await world.core.putUser(appId, { userId: id(name), name })
  const groupId = await world.makeGroup(['wang', ...names])
  await cap(world, 'campaign/spring', 25 * 500 + 499)
  const cards = [
    await offer(world, { campaign: 'spring' }, groupId),
    await offer(world, { campaign: 'spring' }, groupId),
  ]
  const said = await Promise.all(names.flatMap((name) => cards.map((at) => claim(world, name, at))))
  expect(said.filter((code) => code === null)).toHaveLength(25)
  expect(said.filter((code) => code === 'budget.exhausted')).toHaveLength(55)
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number; fen: number }>`SELECT count(*)::int AS n, sum(worth_fen)::int AS fen FROM coupon_items`.execute(
      tx,
    ),
  )
  expect(rows).toEqual([{ n: 25, fen: 12_500 }])
  expect(await spent(world, campaignBudget(shopIssuer.merchantId, 'spring'))).toBe(12_500)
  const states = await Promise.all(cards.map((at) => world.read(at, coupon)))
  expect(states.reduce((sum, { claimedCount }) => sum + claimedCount, 0)).toBe(25)
})
test('[CP21] what was taken away, lapsed unused or is void after a refund counts no longer; what was used does', async () => {
  await using world = await open()
  const at = await offer(world, { campaign: 'x', refund: 'void' })
  const day = memberDay(shopIssuer, id('li'), world.time.now())
  for (let i = 0; i < 3; i += 1) await claim(world, 'li', at)
  const [a, b, c] = await mine(world, 'li')
  const host = world.asServer()
  const body = { userId: id('li') }
  for (let i = 0; i < 2; i += 1) await host.call(voidCoupon, { params: { couponId: a?.couponId ?? '' }, body })
  expect([await spent(world, day), await spent(world, campaignBudget(shopIssuer.merchantId, 'x'))]).toEqual([
    1_000, 1_000,
  ])
  const basket = { lines: [{ lineId: 'a', sku: 'x', unitFen: 900, quantity: 1 }] }
  const use = async (orderId: string, couponId = '') => {
    await host.call(lockCoupons, { params: { orderId }, body: { ...body, couponIds: [couponId], basket } })
    await host.call(useCoupons, { params: { orderId }, body: {} })
  }
  await use('o1', b?.couponId)
  expect(await spent(world, day)).toBe(1_000)
  // The third is never used.
  await world.jump(4 * DAY)
  expect(c?.couponId).toMatch(/^cpn_/)
  expect([await spent(world, day), await spent(world, campaignBudget(shopIssuer.merchantId, 'x'))]).toEqual([500, 500])
  await host.call(returnCoupons, { params: { orderId: 'o1' }, body: {} })
  await world.settle()
  expect([await spent(world, day), await spent(world, campaignBudget(shopIssuer.merchantId, 'x'))]).toEqual([0, 0])
})
test('[CP21] worth is the most the terms take off', async () => {
  await using world = await open()
  const day = memberDay(shopIssuer, id('li'), world.time.now())
  await cap(world, 'staff-day', 3_000)
  const figures: [Partial<Terms>, number][] = [
    [{ kind: 'full', amountFen: 700, thresholdFen: 5_000 }, 700],
    [{ kind: 'shipping', amountFen: 300 }, 300],
  ]
  const percent = { kind: 'percent', offBp: 1_500 } as const
  const none = termsAt(world)
  delete none.amountFen
  figures.push([{ ...percent, capFen: 2_000 }, 2_000])
  let sum = 0
  for (const [patch, worth] of figures) {
    const terms = { ...(patch.kind === 'percent' ? none : termsAt(world)), ...patch }
    expect(
      await claim(
        world,
        'li',
        await world.as('wang').post(world.groupId, coupon, { title: 'x', contact: '店内', terms }),
      ),
    ).toBe(null)
    sum += worth
    expect(await spent(world, day)).toBe(sum)
  }
  expect(await claim(world, 'li', await offer(world))).toBe('budget.exhausted')
  expect(await spent(world, day)).toBe(sum)
})
test('[C9] [CP21] a batch counts for its staff, leaves out whose day is full, and counts once when repeated', async () => {
  await using world = await open()
  await cap(world, 'member-day', 500)
  await cap(world, 'staff-day', 1_400)
  const host = world.asServer()
  const made = { merchantId: shopId, title: '券', terms: termsAt(world, { campaign: 'x' }) }
  const { stockId } = await host.call(createStock, { body: made })
  const issue = (batchId: string, names: string[]) =>
    host.call(issueBatch, { params: { stockId, batchId }, body: { userIds: names.map(id), staffId: id('he') } })
  const now = world.time.now()
  expect(await issue('b1', ['li'])).toEqual({ issued: 1, held: 1, atLimit: [], dayFull: [] })
  expect(await issue('b2', ['li', 'zhao'])).toEqual({ issued: 1, held: 1, atLimit: [], dayFull: ['li'] })
  expect(await issue('b2', ['li', 'zhao'])).toEqual({ issued: 0, held: 1, atLimit: [], dayFull: ['li'] })
  expect(await refusalOf(issue('b2', ['sun', 'zhou']))).toBe('budget.exhausted')
  const stock = await host.call(stockOf, { params: { stockId } })
  expect([stock.issued, stock.available]).toEqual([2, 98])
  expect(await spent(world, staffDay(shopIssuer, id('he'), now))).toBe(1_000)
  expect(await spent(world, campaignBudget(shopIssuer.merchantId, 'x'))).toBe(1_000)
  expect(await spent(world, staffDay(shopIssuer, id('wang'), now))).toBe(0)
})
test('[CP21] [MER8] a budget’s day is the merchant’s, whatever zone the terms name', async () => {
  await using world = await open()
  // The world begins at midnight UTC; what is told holds from Shanghai's next midnight.
  await world.store.transaction(appId, (tx) =>
    setZone({ tx, appId, now: world.time.now() }, [shopId], 'America/New_York'),
  )
  await world.jump(DAY)
  await cap(world, 'staff-day', 500)
  const at = await offer(world, { timeZone: 'Pacific/Kiritimati' })
  expect(await claim(world, 'li', at)).toBe(null)
  const other = await offer(world, { timeZone: 'Pacific/Pago_Pago' })
  expect(await claim(world, 'zhao', other)).toBe('budget.exhausted')
  await world.jump(6 * HOUR)
  expect(await claim(world, 'zhao', other)).toBe(null)
})
test('[CP21] the audit tells of a coupon that counts otherwise than it is worth', async () => {
  const world = await open()
  await claim(world, 'li', await offer(world))
  const audit = feature.audits?.find((one) => one.id === 'CP21')
  const find = () => world.store.reading('*', (tx) => audit?.find(tx, world.time.now()) ?? Promise.resolve(['none']))
  expect(await find()).toEqual([])
  await world.store.transaction('*', (tx) => sql`UPDATE coupon_items SET worth_fen = 400`.execute(tx))
  expect(await find()).toHaveLength(1)
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit CP21')
})

// ── people by name ──
test('[CP22] nobody is told whom an offer is for; the host reads its stock', async () => {
  await using world = await open()
  const userIds = ['li', 'zhao'].map(id)
  const at = await offer(world, { audience: { userIds } })
  const host = world.asServer()
  const body = { title: '券', terms: termsAt(world, { audience: { userIds } }) }
  const { stockId } = await host.call(createStock, { body })
  expect((await host.call(stockOf, { params: { stockId } })).terms.audience).toEqual({ userIds })
  const { seq } = await world.core.post({
    ...{ appId, groupId: world.groupId, senderId: id(''), asServer: true, kind: coupon.kind, clientId: 'host-1' },
    body: { title: '券', contact: '店内', stockId },
  })
  expect(await claim(world, 'li', at)).toBe(null)
  expect(await claim(world, 'li', { groupId: world.groupId, seq })).toBe(null)
  expect(await claim(world, 'sun', { groupId: world.groupId, seq })).toBe('coupon.not_eligible')
  const { messages } = await world.core.history(world.as('sun').principal, world.groupId, {})
  const bodies = messages.filter(({ kind }) => kind === coupon.kind).map((one) => one.body as { terms: Terms })
  expect(bodies).toHaveLength(2)
  for (const { terms } of bodies) {
    expect(terms.audience?.userCount).toBe(2)
    expect(JSON.stringify(terms)).not.toMatch(/"(li|zhao)"/)
  }
  for (const held of await mine(world, 'li')) expect(JSON.stringify(held.terms)).not.toMatch(/"(li|zhao)"/)
  const { rows } = await world.store.reading('*', (tx) => sql`SELECT 1 FROM coupon_named`.execute(tx))
  expect(rows).toEqual([])
})
test('[CP22] what stands in place of people is nobody’s to write', async () => {
  await using world = await open()
  const named = `cpa_${'0'.repeat(32)}`
  for (const audience of [{ userCount: 2 }, { namedId: named }, { userIds: [id('li')], userCount: 1 }]) {
    expect(await refusalOf(offer(world, { audience }))).toBe('coupon.invalid')
    const body = { title: '券', terms: termsAt(world, { audience }) }
    expect(await refusalOf(world.asServer().call(createStock, { body }))).toBe('coupon.invalid')
  }
})
