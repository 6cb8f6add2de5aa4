/** How an offer of coupons behaves, through a whole world: claims, limits, windows, stocks of the host, batches. */
import { DAY, HOUR, MINUTE, type GroupId, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { disbandGroup } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  batchMax,
  changeStock,
  coupon,
  createStock,
  deleteStock,
  heldCoupon,
  issueBatch,
  myCoupons,
  stockOf,
  voidCoupon,
  type Terms,
} from './contract.ts'
import feature from './server.ts'

const open = (features = [message, membership, feature], limits = {}) =>
  startWorld({ features, limits, watching: ['wang', 'li'] })
const host = (world: World) => world.asServer()
function termsAt(world: World, patch: Partial<Terms> = {}): Terms {
  const now = world.time.now()
  return {
    kind: 'direct',
    amountFen: 500,
    total: 3,
    perUser: 1,
    claim: { from: now, until: now + 7 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
    ...patch,
  }
}
const contact = '021-5555 0100'
const offer = (world: World, patch: Partial<Terms> = {}, groupId = world.groupId) =>
  world.as('wang').post(groupId, coupon, { title: '开业券', contact, terms: termsAt(world, patch) })
const claim = (world: World, name: string, at: At, key?: string) =>
  refusalOf(world.as(name).act(at, coupon, 'claim', {}, key))
const manage = (world: World, name: string, at: At, change: object) =>
  refusalOf(world.as(name).act(at, coupon, 'manage', change))
const make = async (world: World, patch: Partial<Terms> = {}) =>
  (await host(world).call(createStock, { body: { title: '店庆券', terms: termsAt(world, patch) } })).stockId
/** The host posts with its key; nobody is the sender. */
async function offerOf(world: World, stockId: string, groupId = world.groupId): Promise<At> {
  const { seq } = await world.core.post({
    appId: 'shop' as never,
    groupId,
    senderId: '' as UserId,
    asServer: true,
    kind: coupon.kind,
    body: { title: '店庆券', contact, stockId },
    clientId: `offer-${stockId}-${groupId}`,
  })
  return { groupId, seq }
}
const stock = (world: World, stockId: string) => host(world).call(stockOf, { params: { stockId } })
const people = async (world: World, count: number) => {
  const names = Array.from({ length: count }, (_, n) => `buyer${n}`)
  for (const name of names) await world.core.putUser('shop' as never, { userId: name as UserId, name })
  return names
}
const factsOf = async (world: World, name: string) => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number }>`SELECT count(*) AS n FROM facts WHERE name = ${name}`.execute(tx),
  )
  return rows[0]?.n
}

describe('claiming', () => {
  test('[C1] (CPN-01) one coupon, sixty-four people at once: one has it, the others are told it is gone', async () => {
    await using world = await open()
    const names = await people(world, 64)
    const groupId = await world.makeGroup(['wang', ...names])
    const at = await offer(world, { total: 1 }, groupId)
    const codes = await Promise.all(names.map((name) => claim(world, name, at)))
    expect(codes.filter((code) => code === null)).toHaveLength(1)
    expect(codes.filter((code) => code === 'coupon.sold_out')).toHaveLength(63)
    expect(await world.read(at, coupon)).toMatchObject({ total: 1, left: 0, claimedCount: 1 })
    expect(await factsOf(world, 'coupon.claimed')).toBe(1)
  })
  test('[C2] a person claims as many as they may, however many at once, and a repeated request answers alike', async () => {
    await using world = await open()
    const at = await offer(world, { perUser: 2, total: 10 })
    const codes = await Promise.all(['a', 'b', 'c', 'd'].map((key) => claim(world, 'li', at, key)))
    expect(codes.filter((code) => code === null)).toHaveLength(2)
    expect(codes.filter((code) => code === 'coupon.limit')).toHaveLength(2)
    const kept = ['a', 'b', 'c', 'd'].filter((_, i) => codes[i] === null)
    for (const key of kept) expect(await claim(world, 'li', at, key)).toBe(null)
    expect((await world.as('li').mine<typeof coupon>(at))?.coupons).toHaveLength(2)
    expect(await world.read(at, coupon)).toMatchObject({ left: 8, claimedCount: 2 })
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ ordinal: number }>`SELECT ordinal FROM coupon_items ORDER BY ordinal`.execute(tx),
    )
    expect(rows.map((row) => row.ordinal)).toEqual([1, 2])
  })
  test('[C8] (CPN-03) nobody claims before the window or at its end', async () => {
    await using world = await open()
    const now = world.time.now()
    const at = await offer(world, { claim: { from: now + MINUTE, until: now + HOUR } })
    expect(await claim(world, 'li', at)).toBe('coupon.not_started')
    world.time.moveTo(now + MINUTE)
    expect(await claim(world, 'li', at)).toBe(null)
    world.time.moveTo(now + HOUR - 1)
    expect(await claim(world, 'zhao', at)).toBe(null)
    world.time.moveTo(now + HOUR)
    expect(await claim(world, 'sun', at)).toBe('coupon.expired')
  })
  test('[CP10] who is not in the group does not claim, link or not; guests neither', async () => {
    await using world = await open()
    const at = await offer(world)
    expect(await claim(world, 'zhou', at)).toBe('message.not_found')
    const guest = { principal: { ...world.as('li').principal, guest: true }, ...at, action: 'claim', input: {} }
    expect(await refusalOf(world.core.act({ ...guest, clientId: 'k' }))).toBe('auth.guest_forbidden')
    const keyless = { ...guest, principal: world.as('li').principal }
    expect(await refusalOf(world.core.act(keyless))).toBe('idempotency.key_missing')
    expect(
      await refusalOf(world.as('li').post(world.groupId, coupon, { title: 'x', contact, terms: termsAt(world) })),
    ).toBe('group.permission')
  })
  test('[CP12] (CPN-13) terms that do not fit are refused, and so are people who joined too late', async () => {
    await using world = await open()
    const bad = (patch: Partial<Terms>) => refusalOf(offer(world, patch))
    for (const amountFen of [0, -5, 1_000_000_000]) expect(await bad({ amountFen })).toBe('coupon.invalid')
    expect(await bad({ kind: 'percent', offBp: 10_100 })).toBe('coupon.invalid')
    const now = world.time.now()
    expect(await bad({ claim: { from: now + 2, until: now + 1 } })).toBe('coupon.invalid')
    expect(await bad({ url: 'javascript:alert(1)' })).toBe('card.url_scheme')
    expect(await bad({ audience: { groupIds: ['grp_another1' as GroupId] } })).toBe('coupon.not_eligible')
    const blank = world.as('wang').post(world.groupId, coupon, { title: ' ', contact, terms: termsAt(world) })
    expect(await refusalOf(blank)).toBe('request.invalid')
    expect(await refusalOf(world.as('wang').post(world.groupId, coupon, { title: 'x' }))).toBe('coupon.invalid')
    const at = await offer(world, { audience: { memberDays: 2 } })
    expect(await claim(world, 'li', at)).toBe('coupon.not_eligible')
    await world.jump(2 * DAY)
    expect(await claim(world, 'li', at)).toBe(null)
  })
  test('[CP19] a day gives what it has, the next one more; days are those of Shanghai', async () => {
    await using world = await open()
    const midnight = Math.ceil((world.time.now() + 8 * HOUR) / DAY) * DAY - 8 * HOUR
    await world.jump(midnight - world.time.now() - 1)
    const at = await offer(world, { perDay: 1, total: 3 })
    expect(await claim(world, 'li', at)).toBe(null)
    expect(await claim(world, 'zhao', at)).toBe('coupon.day_sold_out')
    world.time.moveTo(midnight)
    expect(await claim(world, 'zhao', at)).toBe(null)
    expect(await claim(world, 'sun', at)).toBe('coupon.day_sold_out')
    expect((await world.read(at, coupon)).day).toMatchObject({ left: 0 })
  })
  test('[CP11] [CP17] what was claimed is on the own stream alone, with its own time', async () => {
    await using world = await open()
    const at = await offer(world, { validity: { mode: 'relative', afterDays: 1, forDays: 3 } })
    await world.pass(HOUR)
    const now = world.time.now()
    await claim(world, 'li', at)
    await world.settle()
    const held = [...(world.as('li').client?.records.get().values() ?? [])]
    expect(held.map((row) => [row.kind, row.body])).toMatchObject([
      [heldCoupon.kind, { state: 'issued', validFrom: now + DAY, validUntil: now + 4 * DAY, title: '开业券' }],
    ])
    expect(world.as('wang').client?.records.get().size).toBe(0)
    expect((await world.as('zhao').call(myCoupons, {})).coupons).toEqual([])
    const { coupons } = await world.as('li').call(myCoupons, { query: { list: 'available' } })
    expect(coupons).toMatchObject([{ groupId: world.groupId, state: 'issued', orderId: null }])
  })
  test('[CP17] lists page through, each coupon once', async () => {
    await using world = await open()
    const at = await offer(world, { perUser: 7, total: 7 })
    for (let n = 0; n < 7; n++) await claim(world, 'li', at)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: { limit: number; cursor?: string } = { limit: 3, ...(cursor !== '' && { cursor }) }
      const page = await world.as('li').call(myCoupons, { query })
      seen.push(...page.coupons.map((one) => one.couponId))
      cursor = page.cursor
    }
    expect([seen.length, new Set(seen).size]).toEqual([7, 7])
    expect(await refusalOf(world.as('li').call(myCoupons, { query: { cursor: 'x' } }))).toBe('cursor.invalid')
  })
})

describe('running an offer', () => {
  test('[C7] paused, resumed, more, never fewer than given out, ended for good', async () => {
    await using world = await open()
    const at = await offer(world)
    for (const name of ['li', 'zhao']) await claim(world, name, at)
    expect(await manage(world, 'li', at, { status: 'paused' })).toBe('group.permission')
    expect(await manage(world, 'he', at, { status: 'paused' })).toBe(null)
    expect(await claim(world, 'sun', at)).toBe('coupon.paused')
    expect(await manage(world, 'he', at, { total: 1 })).toBe('coupon.stock_below_issued')
    expect(await manage(world, 'he', at, { total: -1 })).toBe('coupon.invalid')
    expect(await manage(world, 'he', at, { total: 2, status: 'active' })).toBe(null)
    expect(await claim(world, 'sun', at)).toBe('coupon.sold_out')
    expect(await manage(world, 'he', at, { total: 5 })).toBe(null)
    expect(await claim(world, 'sun', at)).toBe(null)
    expect(await manage(world, 'wang', at, { status: 'ended' })).toBe(null)
    expect(await claim(world, 'he', at)).toBe('coupon.expired')
    expect(await manage(world, 'wang', at, { status: 'active' })).toBe('coupon.state')
    expect(await world.read(at, coupon)).toMatchObject({ status: 'ended', total: 5, left: 2 })
  })
  test('[CP16] an offer somebody claimed from is not recalled; an untouched one is, and gives nothing after', async () => {
    await using world = await open()
    const at = await offer(world)
    await claim(world, 'li', at)
    expect(await refusalOf(world.as('wang').recall(at))).toBe('coupon.in_use')
    const other = await offer(world)
    await world.as('wang').recall(other)
    expect(await claim(world, 'li', other)).toBe('message.recalled')
  })
  test('[C6] a disbanded group gives nothing more; coupons end by their own time', async () => {
    await using world = await open()
    const at = await offer(world, { validity: { mode: 'relative', afterDays: 0, forDays: 2 } })
    await claim(world, 'li', at)
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await claim(world, 'zhao', at)).toBe('group.dissolved')
    await world.jump(2 * DAY)
    expect(await factsOf(world, 'coupon.expired')).toBe(1)
    expect((await world.as('li').call(myCoupons, { query: { list: 'over' } })).coupons).toMatchObject([
      { state: 'expired' },
    ])
  })
})

describe('stocks of the host', () => {
  test('[C1] [CP10] one stock in two groups is one count; the last claim is seen on both', async () => {
    await using world = await open()
    const names = await people(world, 30)
    const groups = [await world.makeGroup(['wang', ...names]), await world.makeGroup(['he', 'wang', ...names])]
    const stockId = await make(world, { total: 10 })
    const offers: At[] = []
    for (const groupId of groups) offers.push(await offerOf(world, stockId, groupId))
    const codes = await Promise.all(
      offers.flatMap((at) => names.map((name) => claim(world, name, at, `${at.groupId}-${name}`))),
    )
    expect(codes.filter((code) => code === null)).toHaveLength(10)
    await world.settle()
    for (const at of offers) expect((await world.read(at, coupon)).left).toBe(0)
    expect(await stock(world, stockId)).toMatchObject({ issued: 10, available: 0, counts: { issued: 10 } })
    const byHand = world.as('wang').post(world.groupId, coupon, { title: 'x', stockId })
    expect(await refusalOf(byHand)).toBe('coupon.not_found')
    expect(await manage(world, 'wang', offers[0] as At, { total: 20 })).toBe('group.permission')
  })
  test('[C2] the same person on two cards of a stock at once: as many as one may', async () => {
    await using world = await open()
    const groups = await Promise.all([world.makeGroup(['wang', 'li']), world.makeGroup(['he', 'li'])])
    const stockId = await make(world, { total: 50, perUser: 3 })
    const offers = [await offerOf(world, stockId, groups[0]), await offerOf(world, stockId, groups[1])]
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => claim(world, 'li', offers[n % 2] as At, `k${n}`)),
    )
    expect(codes.filter((code) => code === null)).toHaveLength(3)
    expect(new Set(codes.filter((code) => code !== null))).toEqual(new Set(['coupon.limit']))
    expect((await stock(world, stockId)).issued).toBe(3)
  })
  test('[C7] the host changes a stock and its cards follow', async () => {
    await using world = await open()
    const stockId = await make(world, { total: 3 })
    const at = await offerOf(world, stockId)
    for (const name of ['li', 'zhao']) await claim(world, name, at)
    const change = (body: object) => refusalOf(host(world).call(changeStock, { params: { stockId }, body }))
    expect(await change({ total: 1 })).toBe('coupon.stock_below_issued')
    expect(await change({ total: 2_000_000 })).toBe('coupon.invalid')
    expect(await change({ claimUntil: world.time.now() })).toBe('coupon.invalid')
    expect(await change({ total: 2, status: 'paused', perDay: null })).toBe(null)
    await world.settle()
    expect(await world.read(at, coupon)).toMatchObject({ total: 2, left: 0, status: 'paused' })
    const next = world.time.now() + DAY
    expect(await change({ total: 9, status: 'active', perDay: 4, claimUntil: next })).toBe(null)
    await world.settle()
    expect(await world.read(at, coupon)).toMatchObject({ total: 9, perDay: 4, claimUntil: next })
    expect((await stock(world, stockId)).terms).toMatchObject({ total: 9, perDay: 4, claim: { until: next } })
    expect(await claim(world, 'sun', at)).toBe(null)
  })
  test('[CP16] (CPN-18) a stock whose coupons could be used stays; one without goes, and its card ends', async () => {
    await using world = await open()
    const stockId = await make(world)
    const at = await offerOf(world, stockId)
    await claim(world, 'li', at)
    const remove = () => refusalOf(host(world).call(deleteStock, { params: { stockId } }))
    expect(await remove()).toBe('coupon.in_use')
    const { couponId } = (await world.as('li').mine<typeof coupon>(at))?.coupons[0] ?? {}
    const taken = { params: { couponId: couponId ?? '' }, body: { userId: 'li' as UserId } }
    expect(await host(world).call(voidCoupon, taken)).toEqual({ state: 'voided' })
    expect(await host(world).call(voidCoupon, taken)).toEqual({ state: 'voided' })
    expect(await remove()).toBe(null)
    expect(await remove()).toBe('coupon.not_found')
    await world.settle()
    expect((await world.read(at, coupon)).status).toBe('ended')
    expect(await claim(world, 'zhao', at)).toBe('coupon.expired')
  })
})

describe('audits', () => {
  test.each([
    ['C1', `UPDATE coupon_stocks SET issued = issued + 1`],
    ['C2', `UPDATE coupon_items SET ordinal = 7`],
    ['C3', `UPDATE coupon_items SET state = 'locked'`],
    ['C4', `UPDATE coupon_items SET state = 'used', order_id = 'o', used_at = 1`],
    ['C6', `UPDATE coupon_items SET state = 'expired'`],
  ])('[%s] a planted difference is found, and none in rows that hold', async (id, plant) => {
    const world = await open()
    await claim(world, 'li', await offer(world))
    const find = () =>
      world.store.reading('*', async (tx) => feature.audits?.find((one) => one.id === id)?.find(tx, world.time.now()))
    expect(await find()).toEqual([])
    await world.store.transaction('*', (tx) => sql.raw(plant).execute(tx))
    expect(await find()).toHaveLength(1)
    await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`audit ${id}`)
  })
})

describe('batches', () => {
  const issue = (world: World, stockId: string, batchId: string, userIds: readonly string[]) =>
    host(world).call(issueBatch, { params: { stockId, batchId }, body: { userIds: userIds as UserId[] } })
  test('[C9] repeated, overlapping and side by side: one each', async () => {
    await using world = await open()
    const stockId = await make(world, { total: 300, perUser: 2 })
    const names = Array.from({ length: 200 }, (_, n) => `m${n}`)
    const pages = [names.slice(0, 120), names.slice(80, 200), names.slice(0, 200), names.slice(50, 60)]
    await Promise.all(pages.map((page) => issue(world, stockId, 'b1', page)))
    expect(await issue(world, stockId, 'b1', names)).toEqual({ issued: 0, held: 200, atLimit: [], dayFull: [] })
    expect(await issue(world, stockId, 'b2', ['m1', 'm1', 'm2'])).toMatchObject({ issued: 2, held: 2 })
    expect(await issue(world, stockId, 'b3', ['m1', 'm3'])).toMatchObject({ issued: 1, held: 1, atLimit: ['m1'] })
    expect(await stock(world, stockId)).toMatchObject({ issued: 203, available: 97 })
    expect(await refusalOf(issue(world, stockId, 'b4', names))).toBe('coupon.sold_out')
    expect((await stock(world, stockId)).issued).toBe(203)
    expect(batchMax).toBe(500)
  })
  test('[CP14] [C9] a batch before its card is looked after once the card is there', async () => {
    await using world = await open()
    const stockId = await make(world, { total: 10 })
    await issue(world, stockId, 'b1', ['li', 'zhao'])
    await world.jump(DAY)
    await offerOf(world, stockId)
    await issue(world, stockId, 'b1', ['sun'])
    await world.jump(5 * DAY)
    expect(await factsOf(world, 'coupon.expiring')).toBe(2)
    await world.jump(DAY)
    expect(await factsOf(world, 'coupon.expiring')).toBe(3)
    expect(await factsOf(world, 'coupon.expired')).toBe(2)
    await world.jump(DAY)
    expect(await factsOf(world, 'coupon.expired')).toBe(3)
    expect(await stock(world, stockId)).toMatchObject({ counts: { expired: 3 } })
  })
})
