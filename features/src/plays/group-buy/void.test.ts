/** What the host is told of places, and what becomes of an offer whose product is no longer the group's to sell. */
import { HOUR, type UserId } from '@qun/contract'
import { refusalOf, shopId, startWorld, type At } from '@qun/testing'
import { expect, test } from 'vitest'
import { putMerchantEndpoint } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
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

test('[GB16] without a catalogue no offer is posted', async () => {
  await using world = await startWorld({ features: [message, membership, createGroupBuy()], watching: [] })
  expect(await refusalOf(offer(world))).toBe('product.not_found')
})

test('[E-23] whom the host’s risk port denies is kept no place', async () => {
  const risk = ({ userId }: { userId: string }) => (userId === 'li' ? ('deny' as const) : ('allow' as const))
  await using world = await startShop([], { watching: [], risk })
  const at = await offer(world)
  expect(await start(world, at, 'li')).toBe('risk.blocked')
  expect(await world.read(at, groupBuy)).toMatchObject({ left: 99, heldCount: 0 })
  expect(await start(world, at, 'zhao')).toBeNull()
})
