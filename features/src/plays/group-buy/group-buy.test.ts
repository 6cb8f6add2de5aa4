/** Group buys as members and the host's checkout meet them: teams, deadlines, late payments, races. */
import { HOUR, MINUTE, type BodyOf, type MineOf, type UserId } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { closed, defineEndpoint, Type } from '@qun/contract'
import { refusalOf, type At, type World, type WorldOptions } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { addMembers, disbandGroup } from '../../people/membership/contract.ts'
import { orderFacts } from '../../trade/order/contract.ts'
import {
  bindOrder,
  groupBuy,
  holdMs,
  instructionsForHost,
  payPlace,
  placeForHost,
  settleInstruction,
  teamsOf,
} from './contract.ts'
import { startShop } from './fixtures.ts'

type Body = BodyOf<typeof groupBuy>
type Mine = MineOf<typeof groupBuy>
const id = (name: string) => name as UserId

/** Tells of orders as the order feature does. */
const tellOrder = defineEndpoint({
  name: 'test.order',
  method: 'POST',
  path: '/test/order',
  doc: 'Tells of an order.',
  by: 'server',
  body: closed({ orderId: Type.String(), userId: Type.String(), status: Type.String() }),
  answer: closed({}),
  facts: orderFacts,
})
const orders = defineFeature({
  name: 'order',
  endpoints: [
    serveEndpoint(tellOrder, (call) => {
      call.recordForApp('order.changed', { ...call.body, shopId: 's1', at: call.now, items: [] })
      return {}
    }),
  ],
})
const begin = (options: Partial<WorldOptions> = {}) => startShop([orders], options)
const bodyAt = (world: World, change: Partial<Body> = {}): Body => ({
  productId: 'roll',
  refunds: '七天内可退',
  stock: 99,
  ladder: [{ size: 3, priceFen: 1_900 }],
  perMember: 1,
  teamMs: HOUR,
  endsAt: world.time.now() + 24 * HOUR,
  late: 'refund',
  ...change,
})
const offer = (world: World, change: Partial<Body> = {}) =>
  world.as('wang').post(world.groupId, groupBuy, bodyAt(world, change))
const start = (world: World, at: At, who: string, quantity = 1) =>
  world.as(who).act(at, groupBuy, 'start', { quantity })
const join = (world: World, at: At, who: string, teamNo: number, quantity = 1) =>
  world.as(who).act(at, groupBuy, 'join', { teamNo, quantity })
let keys = 0
const paid = (
  world: World,
  at: At,
  who: string,
  more: { placeId?: string; orderId?: string; amountFen?: number } = {},
) =>
  world.asServer().call(payPlace, {
    params: at,
    body: { userId: id(who), orderId: `o-${who}`, ...more },
    key: `pay-${++keys}`,
  })
const tell = (world: World, who: string, status: string, orderId = `o-${who}`) =>
  world
    .asServer()
    .call(tellOrder, { body: { orderId, userId: who, status } })
    .then(() => world.settle())
const mine = async (world: World, at: At, who: string) => (await world.as(who).mine(at)) as Mine | null
const read = (world: World, at: At) => world.read(at, groupBuy)
const due = async (world: World) =>
  (await world.asServer().call(instructionsForHost, { query: {} })).instructions.map(
    ({ what, orderId, amountFen }) => `${what} ${orderId} ${amountFen}`,
  )
async function open(world: World, at: At, who: string) {
  await start(world, at, who)
  return paid(world, at, who)
}
async function comeIn(world: World, at: At, who: string, teamNo: number) {
  await join(world, at, who, teamNo)
  return paid(world, at, who)
}

describe('a team', () => {
  test('[GB5] [GB6] begins when its leader has paid, and completes with its last place', async () => {
    await using world = await begin()
    const at = await offer(world)
    await start(world, at, 'li')
    expect(await read(world, at)).toMatchObject({ teamCount: 0, heldCount: 1 })
    expect(await paid(world, at, 'li')).toMatchObject({ teamNo: 1, status: 'paid' })
    expect((await read(world, at)).teams).toMatchObject([
      { teamNo: 1, leaderId: 'li', leaderName: '小李', faces: ['li'], paidCount: 1, heldCount: 0 },
    ])
    await comeIn(world, at, 'zhao', 1)
    await join(world, at, 'sun', 1)
    expect((await read(world, at)).teams).toMatchObject([{ paidCount: 2, heldCount: 1, faces: ['li', 'zhao'] }])
    expect(await paid(world, at, 'sun')).toMatchObject({ teamNo: 1, status: 'won' })
    expect(await read(world, at)).toMatchObject({
      teams: [],
      openCount: 0,
      completedCount: 1,
      soldCount: 3,
      heldCount: 0,
    })
    expect(await mine(world, at, 'zhao')).toEqual({
      place: null,
      boughtCount: 1,
      outcome: { teamNo: 1, what: 'completed', amountFen: 1_900 },
    })
    expect(await due(world)).toEqual(['capture o-li 1900', 'capture o-sun 1900', 'capture o-zhao 1900'])
  })
  test('[GB7] [GB11] two of three at the deadline: each gets their money back, once', async () => {
    await using world = await begin()
    const at = await offer(world)
    await open(world, at, 'li')
    await comeIn(world, at, 'zhao', 1)
    await world.pass(HOUR)
    expect(await read(world, at)).toMatchObject({ teams: [], openCount: 0, completedCount: 0 })
    expect(await due(world)).toEqual(['void o-li 1900', 'void o-zhao 1900'])
    expect(await mine(world, at, 'li')).toMatchObject({ place: null, outcome: { what: 'refunded', amountFen: 1_900 } })
    const done = (orderId: string) =>
      world.asServer().call(settleInstruction, { body: { orderId, what: 'void' }, key: `done-${++keys}` })
    for (const orderId of ['o-li', 'o-li', 'o-zhao']) await done(orderId)
    expect(await refusalOf(done('o-nobody'))).toBe('group_buy.no_place')
    await world.jump(24 * HOUR)
    expect(await due(world)).toEqual([])
    expect(await read(world, at)).toMatchObject({ phase: 'ended' })
  })
  test('[GB6] at the deadline it buys at the step of the ladder it reached', async () => {
    await using world = await begin()
    const ladder = [
      { size: 2, priceFen: 1_900 },
      { size: 3, priceFen: 1_700 },
      { size: 5, priceFen: 1_500 },
    ]
    const at = await offer(world, { ladder, perMember: 2 })
    await start(world, at, 'li', 2)
    await paid(world, at, 'li', { amountFen: 3_800 })
    for (const who of ['zhao', 'sun']) await comeIn(world, at, who, 1)
    expect((await read(world, at)).teams).toMatchObject([{ paidCount: 3 }])
    await world.pass(HOUR)
    expect(await due(world)).toEqual(['capture o-li 3400', 'capture o-sun 1700', 'capture o-zhao 1700'])
    expect(await read(world, at)).toMatchObject({ completedCount: 1, soldCount: 4 })
  })
  test('[GB8] a leader withdraws while alone, and not once somebody pays or is paying', async () => {
    await using world = await begin()
    const at = await offer(world)
    const withdraw = (who: string) => refusalOf(world.as(who).act(at, groupBuy, 'withdraw', {}))
    expect(await withdraw('li')).toBe('group_buy.no_place')
    await open(world, at, 'li')
    await join(world, at, 'zhao', 1)
    expect(await withdraw('li')).toBe('group_buy.not_alone')
    await world.as('zhao').act(at, groupBuy, 'release', {})
    expect(await withdraw('li')).toBe(null)
    expect(await due(world)).toEqual(['void o-li 1900'])
    expect(await read(world, at)).toMatchObject({ teams: [], openCount: 0 })
    await start(world, at, 'li')
    await paid(world, at, 'li', { orderId: 'o-li-2' })
    await comeIn(world, at, 'zhao', 2)
    expect(await withdraw('zhao')).toBe('group_buy.not_alone')
  })
  test('[GB13] a cancelled offer shows its reason and gives everything back', async () => {
    await using world = await begin()
    const at = await offer(world)
    await open(world, at, 'li')
    await start(world, at, 'zhao')
    expect(await refusalOf(world.as('li').act(at, groupBuy, 'cancel', { reason: '断货' }))).toBe('group.permission')
    await world.as('he').act(at, groupBuy, 'cancel', { reason: '断货' })
    await world.settle()
    expect(await read(world, at)).toMatchObject({
      phase: 'cancelled',
      cancelled: { reason: '断货' },
      openCount: 0,
      heldCount: 0,
    })
    expect(await due(world)).toEqual(['void o-li 1900'])
    expect(await paid(world, at, 'zhao')).toMatchObject({ status: 'lost' })
    expect(await refusalOf(world.as('he').act(at, groupBuy, 'cancel', { reason: '再次' }))).toBe('group_buy.ended')
    expect(await refusalOf(start(world, at, 'sun'))).toBe('group_buy.ended')
  })
  test('[GB7] a team of a disbanded group is settled', async () => {
    await using world = await begin()
    const at = await offer(world)
    await open(world, at, 'li')
    await start(world, at, 'zhao')
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await paid(world, at, 'zhao')).toMatchObject({ status: 'lost' })
    await world.pass(HOUR)
    expect(await due(world)).toEqual(['void o-zhao 1900', 'void o-li 1900'])
  })
})

describe('a place', () => {
  test('[GB4] unpaid it goes back by itself, by hand, and once', async () => {
    await using world = await begin()
    const at = await offer(world, { stock: 3 })
    await start(world, at, 'li')
    await start(world, at, 'li')
    await world.pass(MINUTE)
    await start(world, at, 'zhao')
    expect(await read(world, at)).toMatchObject({ left: 1, heldCount: 2 })
    await world.as('zhao').act(at, groupBuy, 'release', {})
    expect(await refusalOf(world.as('zhao').act(at, groupBuy, 'release', {}))).toBe('group_buy.no_place')
    await start(world, at, 'sun')
    await world.pass(holdMs - MINUTE)
    expect(await read(world, at)).toMatchObject({ left: 2, heldCount: 1 })
    expect(await mine(world, at, 'li')).toMatchObject({ place: null })
    await world.pass(MINUTE)
    expect(await read(world, at)).toMatchObject({ left: 3, heldCount: 0 })
  })
  test('[GB2] [GB3] one team at a time, a bound for each person and for all pieces', async () => {
    await using world = await begin()
    const at = await offer(world, { stock: 4, perMember: 2 })
    await open(world, at, 'li')
    expect(await refusalOf(start(world, at, 'li'))).toBe('group_buy.already_in')
    await start(world, at, 'zhao', 2)
    expect(await refusalOf(join(world, at, 'zhao', 1))).toBe('group_buy.already_in')
    expect(await refusalOf(start(world, at, 'sun', 3))).toBe('group_buy.limit')
    expect(await refusalOf(start(world, at, 'sun', 2))).toBe('group_buy.sold_out')
    expect(await refusalOf(join(world, at, 'sun', 9))).toBe('group_buy.team_not_found')
    expect(await refusalOf(join(world, at, 'zhou', 1))).toBe('message.not_found')
    expect(await read(world, at)).toMatchObject({ left: 1 })
  })
  test('[GB9] paid late it takes a free place of its team, else what the offer says', async () => {
    await using world = await begin()
    const at = await offer(world, { teamMs: 2 * HOUR })
    await open(world, at, 'li')
    await join(world, at, 'zhao', 1)
    await world.pass(holdMs)
    expect(await paid(world, at, 'zhao')).toMatchObject({ teamNo: 1, status: 'paid' })
    await join(world, at, 'sun', 1)
    await world.pass(holdMs)
    await world.as('he').act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 })
    expect(await paid(world, at, 'sun')).toMatchObject({ status: 'lost' })
    expect(await due(world)).toEqual(['void o-sun 1900'])
    expect(await mine(world, at, 'sun')).toMatchObject({ outcome: { what: 'refunded', amountFen: 1_900 } })
  })
  test('[GB9] after its team was full or over it opens a new one, where the offer says so', async () => {
    await using world = await begin()
    const at = await offer(world, { late: 'new-team', ladder: [{ size: 2, priceFen: 1_900 }] })
    await open(world, at, 'li')
    await join(world, at, 'zhao', 1)
    await world.pass(holdMs)
    await comeIn(world, at, 'sun', 1)
    expect(await paid(world, at, 'zhao')).toMatchObject({ teamNo: 2, status: 'paid' })
    await join(world, at, 'he', 2)
    // The deadline comes while somebody is paying, and before its job ran.
    world.time.moveTo(world.time.now() + HOUR)
    expect(await paid(world, at, 'he')).toMatchObject({ teamNo: 3, status: 'paid' })
    expect(await due(world)).toEqual(['capture o-li 1900', 'capture o-sun 1900', 'void o-zhao 1900'])
    await world.settle()
    expect((await read(world, at)).teams).toMatchObject([{ teamNo: 3, leaderId: 'he' }])
  })
  test('[GB10] an order pays once, wherever and however often it is reported', async () => {
    await using world = await begin()
    const [at, other] = [await offer(world), await offer(world)]
    await start(world, at, 'li')
    const placeId = (await mine(world, at, 'li'))?.place?.placeId ?? ''
    const place = await world.asServer().call(placeForHost, { params: { ...at, placeId } })
    expect(place).toMatchObject({ userId: 'li', amountFen: 1_900, status: 'held', title: '海盐卷' })
    expect(await refusalOf(paid(world, at, 'li', { amountFen: 1_800 }))).toBe('group_buy.amount_differs')
    expect(await refusalOf(paid(world, at, 'zhao', { placeId }))).toBe('group_buy.no_place')
    const results = await Promise.all(Array.from({ length: 6 }, () => paid(world, at, 'li', { placeId })))
    expect(results).toMatchObject(Array.from({ length: 6 }, () => ({ placeId, teamNo: 1, status: 'paid' })))
    await start(world, other, 'li')
    expect(await refusalOf(paid(world, other, 'li'))).toBe('group_buy.order_used')
    const second = () => paid(world, at, 'li', { placeId, orderId: 'o-second' })
    expect(await second()).toMatchObject({ status: 'lost' })
    expect(await second()).toMatchObject({ status: 'lost' })
    expect(await due(world)).toEqual(['void o-second 1900'])
    expect((await read(world, at)).teams).toMatchObject([{ paidCount: 1 }])
  })
  test('[GB10] [GB12] an order bound to a place counts when it is told to be paid, and is given back when told so', async () => {
    await using world = await begin()
    const at = await offer(world)
    const bind = (who: string) =>
      world
        .asServer()
        .call(bindOrder, { params: at, body: { userId: id(who), orderId: `o-${who}` }, key: `b-${++keys}` })
    await start(world, at, 'li')
    await bind('li')
    await bind('li')
    await tell(world, 'li', 'paid')
    await tell(world, 'li', 'paid')
    expect((await read(world, at)).teams).toMatchObject([{ paidCount: 1, faces: ['li'] }])
    for (const who of ['zhao', 'sun']) await join(world, at, who, 1)
    for (const who of ['zhao', 'sun']) await bind(who)
    await tell(world, 'zhao', 'paid')
    await tell(world, 'sun', 'cancelled')
    await tell(world, 'li', 'refunded')
    expect((await read(world, at)).teams).toMatchObject([
      { leaderId: 'zhao', leaderName: '赵阿姨', faces: ['zhao'], paidCount: 1, heldCount: 0 },
    ])
    expect(await mine(world, at, 'li')).toMatchObject({ place: null, outcome: { what: 'refunded' } })
    await tell(world, 'zhao', 'cancelled')
    expect(await read(world, at)).toMatchObject({ teams: [], openCount: 0, heldCount: 0 })
    expect(await due(world)).toEqual([])
  })
  test('[GB12] pieces of a completed team that the host takes back are free again, and nothing is captured', async () => {
    await using world = await begin()
    const at = await offer(world, { ladder: [{ size: 2, priceFen: 1_900 }], stock: 2 })
    await open(world, at, 'li')
    await comeIn(world, at, 'zhao', 1)
    expect(await read(world, at)).toMatchObject({ left: 0, soldCount: 2 })
    await tell(world, 'zhao', 'refunded')
    await tell(world, 'zhao', 'refunded')
    expect(await read(world, at)).toMatchObject({ left: 1, soldCount: 1, completedCount: 1 })
    expect(await mine(world, at, 'zhao')).toMatchObject({ boughtCount: 0 })
    expect(await due(world)).toEqual(['capture o-li 1900'])
  })
})

describe('the offer', () => {
  test('[GB15] what does not fit is refused, and recalled only while nobody takes part', async () => {
    await using world = await begin()
    const wrong: [Partial<Body>, string][] = [
      [{ ladder: [{ size: 3, priceFen: 2_900 }] }, 'group_buy.ladder_invalid'],
      [
        {
          ladder: [
            { size: 3, priceFen: 900 },
            { size: 3, priceFen: 800 },
          ],
        },
        'group_buy.ladder_invalid',
      ],
      [
        {
          ladder: [
            { size: 3, priceFen: 900 },
            { size: 4, priceFen: 900 },
          ],
        },
        'group_buy.ladder_invalid',
      ],
      [{ teamMs: 1_000 }, 'group_buy.times_invalid'],
      [{ endsAt: world.time.now() }, 'group_buy.times_invalid'],
      [{ endsAt: world.time.now() + 31 * 24 * HOUR }, 'group_buy.times_invalid'],
      [{ stock: 2 }, 'group_buy.stock_invalid'],
      [{ url: 'javascript:alert(1)' }, 'card.url_scheme'],
    ]
    for (const [change, code] of wrong) expect(await refusalOf(offer(world, change))).toBe(code)
    expect(await refusalOf(world.as('li').post(world.groupId, groupBuy, bodyAt(world)))).toBe('group.permission')
    const at = await offer(world, { url: '/checkout?sku=7' })
    await start(world, at, 'li')
    expect(await refusalOf(world.as('wang').recall(at))).toBe('group_buy.locked')
    await world.as('li').act(at, groupBuy, 'release', {})
    await world.as('wang').recall(at)
    expect(await refusalOf(paid(world, at, 'li'))).toBe(null)
    expect(await due(world)).toEqual(['void o-li 1900'])
  })
  test('[GB14] ten open teams on the card, oldest first; pages give the rest; a gap is filled', async () => {
    await using world = await begin()
    const names = Array.from({ length: 14 }, (_, i) => `m${i + 1}`)
    for (const name of names) await world.core.putUser('shop' as never, { userId: id(name), name })
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: names.map(id) } })
    const at = await offer(world, { ladder: [{ size: 2, priceFen: 1_900 }] })
    for (const name of names.slice(0, 13)) await open(world, at, name)
    const state = await read(world, at)
    expect(state.teams.map((team) => team.teamNo)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(state.openCount).toBe(13)
    await comeIn(world, at, 'm14', 3)
    expect((await read(world, at)).teams.map((team) => team.teamNo)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11])
    await comeIn(world, at, 'sun', 13)
    const page = await world.as('li').call(teamsOf, { params: at, query: { after: 10, limit: 2 } })
    expect(page).toMatchObject({
      openCount: 11,
      teams: [{ teamNo: 11, leaderName: 'm11', faces: ['m11'] }, { teamNo: 12 }],
    })
    expect(await refusalOf(world.as('zhou').call(teamsOf, { params: at }))).toBe('group.not_found')
    await world.pass(HOUR)
    expect(await read(world, at)).toMatchObject({ openCount: 0, completedCount: 2, teams: [] })
  })
})
