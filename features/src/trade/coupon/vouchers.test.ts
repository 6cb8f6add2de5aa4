/** Coupons given in red packets: set aside, given with a share, returned; never more than the stock has. */
import { DAY, HOUR, memberDay, MINUTE, staffDay, type UserId } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, startWorld, type At, type World, shopIssuer } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { claimsOf, redPacket, vouchersOf, type PacketBody } from '../../plays/red-packet/contract.ts'
import { createRedPacket } from '../../plays/red-packet/server.ts'
import { changeStock, coupon, createStock, deleteStock, myCoupons, stockOf, type Terms } from './contract.ts'
import feature, { couponVouchers } from './server.ts'
import { voucherAudits } from './store-vouchers.ts'

const packets = createRedPacket({ vouchers: [couponVouchers] })
const open = (limits = {}) =>
  startWorld({ features: [message, membership, packets, feature], watching: ['wang', 'li'], limits })
const id = (name: string) => name as UserId
const currencyOf = (stockId: string) => `voucher:${stockId}`
/** An offer of 王店长 in the group, and its stock. */
async function offer(world: World, patch: Partial<Terms> = {}, groupId = world.groupId) {
  const now = world.time.now()
  const terms: Terms = {
    ...{ kind: 'full', amountFen: 2_000, thresholdFen: 10_000, total: 10, perUser: 2 },
    claim: { from: now, until: now + 7 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
    ...patch,
  }
  const at = await world.as('wang').post(groupId, coupon, { title: '满100减20', contact: '店内', terms })
  return { at, stockId: (await world.read(at, coupon)).stockId }
}
const send = (world: World, stockId: string, change: Partial<PacketBody> = {}, who = 'wang') =>
  world.as(who).post(world.groupId, redPacket, {
    ...{ currency: currencyOf(stockId), amount: 3, count: 3, split: 'equal', ...change },
  })
const grab = (world: World, at: At, who: string) => world.as(who).act(at, redPacket, 'open', {})
const stock = (world: World, stockId: string) => world.asServer().call(stockOf, { params: { stockId } })
const mine = async (world: World, who: string) => (await world.as(who).call(myCoupons, { query: {} })).coupons
const offered = async (world: World, who = 'wang') =>
  (await world.as(who).call(vouchersOf, { params: { groupId: world.groupId } })).vouchers

describe('giving coupons', () => {
  test('[RP12] [CP23] [CP26] units are set aside, a share is a coupon to use, and the card follows', async () => {
    await using world = await open()
    const { at: card, stockId } = await offer(world)
    expect(await offered(world)).toEqual([{ currency: currencyOf(stockId), title: '满100减20', left: 10, most: 2 }])
    const at = await send(world, stockId)
    await world.settle()
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'open', unit: '满100减20' })
    expect(await stock(world, stockId)).toMatchObject({ issued: 0, available: 7, setAside: 3 })
    expect(await world.read(card, coupon)).toMatchObject({ left: 7 })
    await grab(world, at, 'li')
    await grab(world, at, 'li')
    expect(await stock(world, stockId)).toMatchObject({ issued: 1, available: 7, setAside: 2 })
    expect(await mine(world, 'li')).toMatchObject([{ stockId, state: 'issued', title: '满100减20' }])
    const params = { groupId: at.groupId, seq: at.seq }
    expect((await world.as('li').call(claimsOf, { params })).claims).toMatchObject([{ userId: 'li', amount: 1 }])
    await grab(world, at, 'zhao')
    await grab(world, at, 'sun')
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'finished', claimedSum: 3 })
    expect(await stock(world, stockId)).toMatchObject({ issued: 3, available: 7, setAside: 0 })
  })
  test('[C1] [CP23] a card that has not heard of the packet yet gives none of its units away', async () => {
    await using world = await open()
    const { at: card, stockId } = await offer(world, { total: 3 })
    await send(world, stockId)
    expect(await refusalOf(world.as('li').act(card, coupon, 'claim', {}))).toBe('coupon.sold_out')
    expect(await stock(world, stockId)).toMatchObject({ issued: 0, available: 0, setAside: 3 })
  })
  test('[CP14] [CP26] a coupon of a packet is reminded of and ends as others do', async () => {
    await using world = await open()
    const { stockId } = await offer(world)
    const at = await send(world, stockId)
    await grab(world, at, 'li')
    await world.jump(6 * DAY + HOUR)
    expect(await mine(world, 'li')).toMatchObject([{ isReminded: true }])
    await world.jump(DAY)
    expect(await stock(world, stockId)).toMatchObject({ counts: { expired: 1 } })
  })
  test('[RP13] several to each, evenly; more than one may have, or than there are, are not sent', async () => {
    await using world = await open()
    const { stockId } = await offer(world, { total: 9 })
    const refused = (change: Partial<PacketBody>, who = 'wang') => refusalOf(send(world, stockId, change, who))
    expect(await refused({ amount: 4, count: 3 })).toBe('redpacket.voucher_uneven')
    expect(await refused({ split: 'lucky' })).toBe('redpacket.voucher_uneven')
    expect(await refused({ amount: 9, count: 3 })).toBe('redpacket.share_limit')
    expect(await refused({ amount: 10, count: 5 })).toBe('redpacket.voucher_unavailable')
    expect(await refused({ budget: 'spring' })).toBe('redpacket.budget_forbidden')
    expect(await refused({}, 'li')).toBe('merchant.not_issuer')
    expect(await refused({ currency: 'voucher:cps_000000000000000000000000' })).toBe('redpacket.voucher_unavailable')
    expect(await refused({ currency: 'voucher:other' })).toBe('ledger.currency_unknown')
    expect(await stock(world, stockId)).toMatchObject({ available: 9, setAside: 0 })
    const at = await send(world, stockId, { amount: 4, count: 2 })
    await grab(world, at, 'li')
    expect((await mine(world, 'li')).length).toBe(2)
  })
  test('[CP24] only stocks the group offers, and only while they can be claimed', async () => {
    await using world = await open()
    const { at: card, stockId } = await offer(world)
    const now = world.time.now()
    const terms: Terms = {
      ...{ kind: 'direct', amountFen: 500, total: 5, perUser: 1 },
      claim: { from: now, until: now + DAY },
      validity: { mode: 'relative', afterDays: 0, forDays: 7 },
    }
    const { stockId: hosts } = await world.asServer().call(createStock, { body: { title: '店庆券', terms } })
    expect(await refusalOf(send(world, hosts))).toBe('redpacket.voucher_unavailable')
    await world.as('wang').act(card, coupon, 'manage', { status: 'paused' })
    expect(await offered(world)).toEqual([])
    expect(await refusalOf(send(world, stockId))).toBe('redpacket.voucher_unavailable')
    await expect(offered(world, 'li')).rejects.toMatchObject({ code: 'group.permission' })
  })
  test('[CP21] [CP26] a share counts what its coupons are worth; at a cap it stays for others', async () => {
    await using world = await open()
    const budget = <T>(run: (call: { tx: any; appId: typeof appId }) => Promise<T>) =>
      world.store.transaction(appId, (tx) => run({ tx, appId }))
    await budget((call) => setBudget(call, { scope: 'member-day', currency: 'CNY', cap: 2_000 }))
    const { at: card, stockId } = await offer(world)
    await world.as('li').act(card, coupon, 'claim', {})
    const at = await send(world, stockId)
    expect(await refusalOf(grab(world, at, 'li'))).toBe('budget.exhausted')
    expect(await stock(world, stockId)).toMatchObject({ issued: 1, setAside: 3 })
    await grab(world, at, 'zhao')
    const spent = async (key: object) =>
      (await budget((call) => budgetOf(call, { ...key, currency: 'CNY' } as never))).spent
    expect(await spent(memberDay(shopIssuer, id('zhao'), world.time.now()))).toBe(2_000)
    expect(await spent(staffDay(shopIssuer, id('wang'), world.time.now()))).toBe(4_000)
  })
})

describe('who may not have one', () => {
  test('[RP14] [CP25] is refused at the grab as on a card, and the share stays for others', async () => {
    await using world = await open()
    const { at: card, stockId } = await offer(world, { perUser: 1, audience: { userIds: [id('li'), id('zhao')] } })
    await world.as('li').act(card, coupon, 'claim', {})
    const at = await send(world, stockId)
    expect(await refusalOf(grab(world, at, 'li'))).toBe('redpacket.voucher_limit')
    expect(await refusalOf(grab(world, at, 'sun'))).toBe('redpacket.voucher_not_eligible')
    await world.as('wang').act(card, coupon, 'manage', { status: 'paused' })
    expect(await refusalOf(grab(world, at, 'zhao'))).toBe('redpacket.voucher_over')
    expect(await world.read(at, redPacket)).toMatchObject({ claimedCount: 0 })
    await world.as('wang').act(card, coupon, 'manage', { status: 'active' })
    expect(await refusalOf(grab(world, at, 'zhao'))).toBe(null)
  })
  test('[CP25] nobody opens one once the window or the coupon’s own time is over', async () => {
    await using world = await open()
    const now = world.time.now()
    const short = { claim: { from: now, until: now + HOUR } }
    const brief = { validity: { mode: 'absolute', from: now, until: now + 2 * HOUR } } as const
    const { stockId } = await offer(world, short)
    const { stockId: other } = await offer(world, { ...brief, claim: { from: now, until: now + 2 * HOUR } })
    const [first, second] = [await send(world, stockId), await send(world, other)]
    await world.jump(HOUR)
    expect(await refusalOf(grab(world, first, 'li'))).toBe('redpacket.voucher_over')
    expect(await refusalOf(grab(world, second, 'li'))).toBe(null)
    await world.jump(HOUR)
    expect(await refusalOf(grab(world, second, 'zhao'))).toBe('redpacket.voucher_over')
  })
})

describe('what nobody opened', () => {
  test('[R7] [CP23] goes back to the stock at the end, once, and can be claimed again', async () => {
    await using world = await open()
    const { at: card, stockId } = await offer(world)
    const at = await send(world, stockId)
    await grab(world, at, 'li')
    await world.jump(DAY + MINUTE)
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'expired', refunded: 2 })
    expect(await stock(world, stockId)).toMatchObject({ issued: 1, available: 9, setAside: 0 })
    expect(await world.read(card, coupon)).toMatchObject({ left: 9 })
    const again = await send(world, stockId, { amount: 1, count: 1 })
    await world.as('wang').act(again, redPacket, 'revoke', {})
    await world.as('wang').act(again, redPacket, 'revoke', {})
    expect(await stock(world, stockId)).toMatchObject({ issued: 1, available: 9, setAside: 0 })
  })
  test('[C7] [CP16] [CP23] counts as given out meanwhile: the stock is neither made smaller than it nor removed', async () => {
    await using world = await open()
    const { stockId } = await offer(world)
    const at = await send(world, stockId)
    const host = world.asServer()
    const changed = (total: number) => refusalOf(host.call(changeStock, { params: { stockId }, body: { total } }))
    expect(await changed(2)).toBe('coupon.stock_below_issued')
    expect(await changed(3)).toBe(null)
    expect(await refusalOf(host.call(deleteStock, { params: { stockId } }))).toBe('coupon.in_use')
    await grab(world, at, 'li')
    expect(await stock(world, stockId)).toMatchObject({ issued: 1, available: 0, setAside: 2 })
  })
})

test('[C1] [R4] [CP23] sixty-four people, one coupon in a packet and one on the card: exactly two have one', async () => {
  await using world = await open()
  const names = Array.from({ length: 64 }, (_, n) => `buyer${n}`)
  for (const name of names) await world.core.putUser(appId, { userId: id(name), name })
  const groupId = await world.makeGroup(['wang', ...names])
  const { at, stockId } = await offer(world, { total: 2 }, groupId)
  const body = { currency: currencyOf(stockId), amount: 1, count: 1, split: 'equal' } as const
  const packet = await world.as('wang').post(groupId, redPacket, body)
  const told = await Promise.all([
    ...names.map((who) => refusalOf(grab(world, packet, who))),
    ...names.map((who) => refusalOf(world.as(who).act(at, coupon, 'claim', {}))),
  ])
  const count = (code: string | null) => told.filter((each) => each === code).length
  expect([count(null), count('redpacket.empty'), count('coupon.sold_out')]).toEqual([2, 63, 63])
  expect(await stock(world, stockId)).toMatchObject({ issued: 2, available: 0, setAside: 0, counts: { issued: 2 } })
})
test('[CP23] [CP26] facts told again, as they may be, give nothing again', async () => {
  await using world = await open()
  const { at: card, stockId } = await offer(world)
  const at = await send(world, stockId)
  await grab(world, at, 'li')
  await world.as('wang').act(await send(world, stockId), redPacket, 'revoke', {})
  await world.settle()
  const seen = async () => [await stock(world, stockId), await mine(world, 'li'), await world.read(card, coupon)]
  const before = await seen()
  const { numAffectedRows } = await world.store.transaction('*', (tx) =>
    sql`INSERT INTO reaction_queue (app_id, group_id, fact_seq, reaction)
      SELECT app_id, group_id, fact_seq, name || '.coupons' FROM facts WHERE starts_with(name, 'red-packet.')`.execute(
      tx,
    ),
  )
  expect(numAffectedRows).toBe(4n)
  await world.jump(MINUTE)
  const { rows } = await world.store.reading('*', (tx) => sql`SELECT 1 FROM reaction_queue`.execute(tx))
  expect(rows).toEqual([])
  expect(await seen()).toEqual(before)
})
test('[CP23] audit CP23: a planted difference is found, and none in rows that hold', async () => {
  await using world = await open()
  const { stockId } = await offer(world)
  await grab(world, await send(world, stockId), 'li')
  const [audit] = voucherAudits
  const find = (plant: ReturnType<typeof sql>) =>
    world.store
      .transaction('*', async (tx) => {
        await plant.execute(tx)
        throw Object.assign(new Error('taken back'), { found: await audit?.find(tx, world.time.now()) })
      })
      .catch((error: unknown) => (error as { found: readonly string[] }).found)
  expect(await find(sql`SELECT 1`)).toEqual([])
  expect(await find(sql`UPDATE coupon_stocks SET set_aside = set_aside + 1`)).toEqual([
    expect.stringContaining(stockId),
  ])
  expect(await find(sql`UPDATE coupon_stocks SET set_aside = 0`)).toEqual([
    expect.stringContaining('set aside 0, out 2'),
  ])
})
