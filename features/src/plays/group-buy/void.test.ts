/** What the host is told of places, and what becomes of an offer whose product is no longer the group's to sell. */
import { HOUR, type UserId } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type At } from '@qun/testing'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, suspendMerchant } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import { addMembers } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { removeProduct } from '../../trade/product/contract.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import { bindOrder, groupBuy, instructionsForHost, payPlace, placeForHost } from './contract.ts'
import { startShop } from './fixtures.ts'
import { createGroupBuy } from './server.ts'

const told: { name: string; data: unknown }[] = []
const listener = {
  name: 'listener',
  reactions: ['team-opened', 'joined', 'completed', 'failed', 'refunded'].map((name) => ({
    name: `listener.${name}`,
    on: `group-buy.${name}`,
    handle: (call: { fact: { data: unknown } }) => void told.push({ name, data: call.fact.data }),
  })),
}
const open = () => {
  told.length = 0
  return startShop([merchants, listener], { watching: [] })
}
type World = Awaited<ReturnType<typeof open>>
const offer = (world: World): Promise<At> =>
  world.as('wang').post(world.groupId, groupBuy, {
    ...{
      productId: 'roll',
      refunds: '七天内可退',
      stock: 99,
      ladder: [{ size: 2, priceFen: 1_900 }],
      perMember: 2,
      teamMs: HOUR,
    },
    ...{ endsAt: world.time.now() + 24 * HOUR, late: 'refund' as const },
  })
const start = (world: World, at: At, who: string) =>
  refusalOf(world.as(who).act(at, groupBuy, 'start', { quantity: 1 }))
const join = (world: World, at: At, who: string) =>
  refusalOf(world.as(who).act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 }))
const placeIdOf = async (world: World, at: At, who: string) =>
  (await world.as(who).mine<typeof groupBuy>(at))?.place?.placeId ?? ''
const place = async (world: World, at: At, placeId: string) =>
  world.asServer().call(placeForHost, { params: { ...at, placeId } })
const paid = (world: World, at: At, who: string, orderId = `o-${who}`) =>
  world.asServer().call(payPlace, { params: at, body: { userId: who as UserId, orderId }, key: `p-${orderId}` })
const due = async (world: World) => (await world.asServer().call(instructionsForHost, { query: {} })).instructions
const sellElsewhere = async (world: World) => {
  await world.asServer().call(putMerchantEndpoint, { params: { merchantId: 'other' }, body: { name: '隔壁' } })
  await aProduct(world, 'roll', { merchantId: 'other' })
}

test('[MER6] [GB18] places, orders, instructions and facts name the merchant, the card and who of the staff posted it', async () => {
  await using world = await open()
  const at = await offer(world)
  const behind = { merchantId: shopId, staffId: 'wang', ...at }
  await start(world, at, 'li')
  expect(await place(world, at, await placeIdOf(world, at, 'li'))).toMatchObject({
    ...behind,
    ...{ userId: 'li', productId: 'roll', title: '海盐卷', amountFen: 1_900, status: 'held' },
  })
  const body = { userId: 'li' as UserId, orderId: 'o-li' }
  expect(await world.asServer().call(bindOrder, { params: at, body })).toMatchObject(behind)
  expect(await paid(world, at, 'li')).toMatchObject({ ...behind, status: 'paid' })
  await join(world, at, 'zhao')
  await paid(world, at, 'zhao')
  expect(await due(world)).toMatchObject([behind, behind])
  await world.settle()
  expect(told.map(({ name }) => name).toSorted()).toEqual(['completed', 'joined', 'joined', 'team-opened'])
  for (const { data } of told) expect(data).toMatchObject({ merchantId: shopId, staffId: 'wang', seq: at.seq })
})

test.each(['moved', 'removed'])(
  '[MER6] [GB18] the product is %s: no place is kept, money goes back, no team buys',
  async (how) => {
    await using world = await open()
    const at = await offer(world)
    for (const who of ['li', 'zhao']) {
      await (who === 'li' ? start : join)(world, at, who)
      if (who === 'li') await paid(world, at, who)
    }
    const placeId = await placeIdOf(world, at, 'zhao')
    if (how === 'moved') await sellElsewhere(world)
    else await world.asServer().call(removeProduct, { params: { productId: 'roll' } })
    expect(await place(world, at, placeId)).toMatchObject({ status: 'void', merchantId: shopId })
    expect(await start(world, at, 'sun')).toBe('group_buy.void')
    // The last place is paid: it would have filled the team.
    expect(await paid(world, at, 'zhao')).toMatchObject({ status: 'lost' })
    expect(await world.read(at, groupBuy)).toMatchObject({ left: 98, heldCount: 0, openCount: 1, soldCount: 0 })
    await world.pass(HOUR)
    expect(await world.read(at, groupBuy)).toMatchObject({ left: 99, openCount: 0, completedCount: 0 })
    expect((await due(world)).map(({ what, orderId }) => `${what} ${orderId}`).toSorted()).toEqual([
      'void o-li',
      'void o-zhao',
    ])
    const why = told.flatMap(({ name, data }) => (name === 'refunded' ? [(data as { why: string }).why] : []))
    expect(why).toEqual(['void', 'void'])
  },
)

test('[MER6] [GB18] a team large enough at its deadline buys nothing of an offer that is void by then', async () => {
  await using world = await open()
  const at = await world.as('wang').post(world.groupId, groupBuy, {
    ...{
      productId: 'roll',
      refunds: '七天内可退',
      stock: 99,
      perMember: 2,
      teamMs: HOUR,
      endsAt: world.time.now() + 24 * HOUR,
    },
    ladder: [
      { size: 2, priceFen: 1_900 },
      { size: 5, priceFen: 1_500 },
    ],
    late: 'refund',
  })
  await start(world, at, 'li')
  await paid(world, at, 'li')
  await join(world, at, 'zhao')
  await paid(world, at, 'zhao')
  await sellElsewhere(world)
  await world.pass(HOUR)
  expect((await due(world)).map(({ what }) => what)).toEqual(['void', 'void'])
  expect(await world.read(at, groupBuy)).toMatchObject({ left: 99, completedCount: 0, soldCount: 0 })
})

const suspend = (world: World, suspended: boolean) =>
  world.asServer().call(suspendMerchant, { params: { merchantId: shopId }, body: { suspended } })
const rungs = [
  { size: 2, priceFen: 1_900 },
  { size: 3, priceFen: 1_500 },
]
/** A team that filled and bought; one at its first rung with a place kept; one alone, whose leader pays alone. */
async function threeTeams(world: World): Promise<At> {
  const more = ['m1', 'm2', 'm3', 'm4'] as UserId[]
  for (const userId of more) await world.core.putUser(appId, { userId, name: userId })
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: more } })
  const at = await world.as('wang').post(world.groupId, groupBuy, {
    ...{ productId: 'roll', refunds: '七天内可退', stock: 99, ladder: rungs, perMember: 2, teamMs: HOUR },
    ...{ endsAt: world.time.now() + 24 * HOUR, late: 'new-team' as const },
  })
  for (const [teamNo, team] of [['li', 'zhao', 'sun'], ['he', 'm1'], ['m2']].entries())
    for (const [n, who] of team.entries()) {
      const told =
        n === 0
          ? await start(world, at, who)
          : await refusalOf(world.as(who).act(at, groupBuy, 'join', { teamNo: teamNo + 1, quantity: 1 }))
      expect(told).toBeNull()
      await paid(world, at, who)
    }
  expect(await refusalOf(world.as('m3').act(at, groupBuy, 'join', { teamNo: 2, quantity: 1 }))).toBeNull()
  return at
}
const dueOf = async (world: World) => (await due(world)).map(({ what, orderId }) => `${what} ${orderId}`).toSorted()
const bought = ['capture o-li', 'capture o-sun', 'capture o-zhao']
const back = ['void o-he', 'void o-m1', 'void o-m2']

test.each(['for good', 'for a moment'])(
  '[MER10] [GB18] suspended %s: what was bought stays bought, open teams get their money back at once, nothing is captured after',
  async (how) => {
    await using world = await open()
    const at = await threeTeams(world)
    const placeId = await placeIdOf(world, at, 'm3')
    await suspend(world, true)
    // Before any round came by: nothing is kept, and what is paid goes back.
    expect(await place(world, at, placeId)).toMatchObject({ status: 'void' })
    expect(await start(world, at, 'm4')).toBe('group_buy.void')
    await world.settle()
    expect(await dueOf(world)).toEqual([...bought, ...back])
    const over = { phase: 'ended', void: true, openCount: 0, heldCount: 0, completedCount: 1, soldCount: 3, left: 96 }
    expect(await world.read(at, groupBuy)).toMatchObject(over)
    if (how === 'for a moment') await suspend(world, false)
    // The place that was kept is paid too late: its team was at the rung that it would have filled.
    expect(await paid(world, at, 'm3')).toMatchObject({ status: 'lost', teamNo: null })
    await world.pass(24 * HOUR)
    expect(await dueOf(world)).toEqual([...bought, ...back, 'void o-m3'])
    expect(await world.read(at, groupBuy)).toMatchObject(over)
    expect(await place(world, at, placeId)).toMatchObject({ status: 'lost' })
  },
)
test('[MER10] [GB18] a team whose deadline comes before the round that stops it buys nothing; the place that would fill it neither', async () => {
  await using world = await open()
  const at = await threeTeams(world)
  await suspend(world, true)
  expect(await paid(world, at, 'm3')).toMatchObject({ status: 'lost' })
  world.time.moveTo(world.time.now() + HOUR)
  await world.settle()
  expect(await dueOf(world)).toEqual([...bought, ...back, 'void o-m3'])
})
test('[MER10] [GB18] lifted before any round came by, it goes on as if nothing had been told', async () => {
  await using world = await open()
  const at = await threeTeams(world)
  await suspend(world, true)
  await suspend(world, false)
  await world.settle()
  expect(await world.read(at, groupBuy)).toMatchObject({ phase: 'on', openCount: 2, heldCount: 1 })
  await world.pass(HOUR)
  expect(await dueOf(world)).toEqual([...bought, 'capture o-he', 'capture o-m1', 'void o-m2'].toSorted())
})

test('[GB16] without a catalogue no offer is posted', async () => {
  await using world = await startWorld({ features: [message, membership, createGroupBuy()], watching: [] })
  expect(await refusalOf(offer(world))).toBe('product.not_found')
})

test('[GB16] [GB21] off for a while: no place is kept, a kept one is paid, and on again it goes on', async () => {
  await using world = await open()
  const at = await offer(world)
  expect(await start(world, at, 'li')).toBeNull()
  await aProduct(world, 'roll', { priceFen: 2_900, state: 'off' })
  expect(await start(world, at, 'zhao')).toBe('product.gone')
  expect(await paid(world, at, 'li')).toMatchObject({ status: 'paid' })
  expect(await join(world, at, 'zhao')).toBe('product.gone')
  await aProduct(world, 'roll', { priceFen: 2_900, floorFen: 2_900, stock: 0 })
  expect(await join(world, at, 'zhao')).toBeNull()
  expect(await paid(world, at, 'zhao')).toMatchObject({ status: 'won' })
})

test('[E-23] whom the host’s risk port denies is kept no place', async () => {
  const risk = ({ userId }: { userId: string }) => (userId === 'li' ? ('deny' as const) : ('allow' as const))
  await using world = await startShop([], { watching: [], risk })
  const at = await offer(world)
  expect(await start(world, at, 'li')).toBe('risk.blocked')
  expect(await world.read(at, groupBuy)).toMatchObject({ left: 99, heldCount: 0 })
  expect(await start(world, at, 'zhao')).toBeNull()
})
