/** What the host is told of a sale, and what becomes of one whose product is no longer the group's to sell. */
import type { UserId } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type WorldOptions } from '@qun/testing'
import { expect, test } from 'vitest'
import { putMerchantEndpoint, suspendMerchant } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { removeProduct } from '../../trade/product/contract.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import { flashSale, holdForHost, payHold, saleForHost, takeForHost } from './contract.ts'
import { cancel, hold, openWorld, pay, release, start, take } from './fixtures.ts'
import { createFlashSale } from './server.ts'

const open = () => openWorld([], [merchants])
type World = Awaited<ReturnType<typeof open>>
const now = (world: World) => ({ startsAt: world.time.now(), stock: 9, perMember: 3 })
const sellElsewhere = async (world: World) => {
  await world.asServer().call(putMerchantEndpoint, { params: { merchantId: 'other' }, body: { name: '隔壁' } })
  await aProduct(world, 'guji', { merchantId: 'other' })
}

test('[MER6] [FS13] the host is told whose offer it is, in which group, on which card and by whom of the staff', async () => {
  await using world = await open()
  const at = await start(world, now(world))
  const behind = { merchantId: shopId, staffId: 'wang', ...at }
  const holdId = await hold(world, 'li', at, 2)
  const params = { ...at, holdId }
  const host = world.asServer()
  expect(await host.call(saleForHost, { params: at })).toMatchObject({ ...behind, void: false, productId: 'guji' })
  expect(await host.call(holdForHost, { params })).toMatchObject({
    ...behind,
    ...{ userId: 'li', title: 'guji', productId: 'guji', quantity: 2, priceFen: 5_800, amountFen: 11_600 },
    ...{ status: 'held', orderId: null },
  })
  const body = { userId: 'sun' as UserId, quantity: 1 }
  expect(await refusalOf(host.call(takeForHost, { params: at, body }))).toBeNull()
  expect(await host.call(takeForHost, { params: at, body })).toMatchObject({ ...behind, quantity: 1 })
  expect(await host.call(payHold, { params, body: { orderId: 'o1' } })).toEqual({ ...behind, quantity: 2 })
  expect(await host.call(holdForHost, { params })).toMatchObject({ ...behind, status: 'sold', orderId: 'o1' })
  const unknown = { ...at, holdId: `hold_${'0'.repeat(24)}` }
  expect(await refusalOf(host.call(holdForHost, { params: unknown }))).toBe('flash_sale.no_hold')
  expect(await refusalOf(world.as('wang').call(holdForHost, { params }))).toBe('auth.scope')
})

test('[MER6] [FS13] of the host’s own name nobody stands behind it', async () => {
  await using world = await open()
  const body = {
    productId: 'guji',
    refunds: '七天内可退',
    priceFen: 1,
    ...now(world),
    endsAt: world.time.now() + 60_000,
  }
  const post = { appId, groupId: world.groupId, kind: flashSale.kind, body, clientId: 'own' }
  const { seq } = await world.core.post({ ...post, senderId: '' as UserId, asServer: true })
  const params = { groupId: world.groupId, seq }
  expect(await world.asServer().call(saleForHost, { params })).toMatchObject({ merchantId: shopId, staffId: null })
})

test('[MER6] [FS13] facts say it too', async () => {
  const told: unknown[] = []
  const listener = {
    name: 'listener',
    reactions: ['taken', 'sold', 'returned'].map((name) => ({
      name: `listener.${name}`,
      on: `flash-sale.${name}`,
      handle: (call: { fact: { data: unknown } }) => void told.push(call.fact.data),
    })),
  }
  await using world = await openWorld([], [listener])
  const at = await start(world, now(world))
  expect(await pay(world, at, await hold(world, 'li', at), 'o1')).toBeNull()
  await take(world, 'zhao', at)
  await release(world, 'zhao', at)
  await world.settle()
  expect(told).toHaveLength(4)
  for (const one of told) expect(one).toMatchObject({ merchantId: shopId, staffId: 'wang', seq: at.seq })
})

test.each(['moved', 'removed'])('[MER6] [FS13] the product is %s: nothing is held or paid any more', async (how) => {
  await using world = await open()
  const at = await start(world, now(world))
  const [held, sold] = [await hold(world, 'li', at), await hold(world, 'zhao', at)]
  expect(await pay(world, at, sold, 'o1')).toBeNull()
  if (how === 'moved') await sellElsewhere(world)
  else await world.asServer().call(removeProduct, { params: { productId: 'guji' } })
  const host = world.asServer()
  const statusOf = async (holdId: string) => (await host.call(holdForHost, { params: { ...at, holdId } })).status
  expect(await host.call(saleForHost, { params: at })).toMatchObject({ void: true, merchantId: shopId })
  expect([await statusOf(held), await statusOf(sold)]).toEqual(['void', 'sold'])
  expect(await take(world, 'sun', at)).toBe('flash_sale.void')
  expect(await pay(world, at, held, 'o2')).toBe('flash_sale.void')
  expect(await world.read(at, flashSale)).toMatchObject({ left: 7, soldCount: 1 })
  // What was sold before stays sold, and is answered again.
  expect(await pay(world, at, sold, 'o1')).toBeNull()
  expect(await cancel(world, at, held)).toBeNull()
  expect(await statusOf(held)).toBe('cancelled')
})

test.each(['for good', 'for a moment'])(
  '[MER10] [FS13] suspended %s: what is sold stays sold, what is held goes back at once and is never paid',
  async (how) => {
    await using world = await open()
    const at = await start(world, now(world))
    const [held, late, sold] = [
      await hold(world, 'li', at, 2),
      await hold(world, 'sun', at),
      await hold(world, 'zhao', at),
    ]
    expect(await pay(world, at, sold, 'o1')).toBeNull()
    const host = world.asServer()
    const suspend = (suspended: boolean) =>
      host.call(suspendMerchant, { params: { merchantId: shopId }, body: { suspended } })
    await suspend(true)
    // Before any round came by.
    expect(await host.call(saleForHost, { params: at })).toMatchObject({ void: true })
    expect(await pay(world, at, late, 'o2')).toBe('flash_sale.void')
    expect(await take(world, 'he', at)).toBe('flash_sale.void')
    await world.settle()
    const over = { phase: 'ended', void: true, left: 8, soldCount: 1 }
    expect(await world.read(at, flashSale)).toEqual(over)
    if (how === 'for a moment') await suspend(false)
    await world.settle()
    for (const holdId of [held, late]) {
      expect(await pay(world, at, holdId, 'o3')).toBe('flash_sale.void')
      expect(await host.call(holdForHost, { params: { ...at, holdId } })).toMatchObject({ status: 'void' })
    }
    // What was paid before is answered again.
    expect(await pay(world, at, sold, 'o1')).toBeNull()
    await world.pass(2 * 60 * 60_000)
    expect(await world.read(at, flashSale)).toEqual(over)
  },
)

test('[MER6] [FS13] [FS16] off for a while is not void: a hold that stands may be paid, nothing is taken until it is on', async () => {
  await using world = await open()
  const at = await start(world, now(world))
  const held = await hold(world, 'li', at)
  await aProduct(world, 'guji', { state: 'off' })
  expect(await take(world, 'zhao', at)).toBe('product.gone')
  expect(await pay(world, at, held, 'o1')).toBeNull()
  expect(await world.read(at, flashSale)).toMatchObject({ phase: 'on', left: 8 })
  // A floor above its price, and no stock: it goes on as it was allowed.
  await aProduct(world, 'guji', { floorFen: 8_000, stock: 0 })
  expect(await take(world, 'zhao', at)).toBeNull()
})

test('[FS11] without a catalogue no sale is posted', async () => {
  await using world = await startWorld({ features: [message, membership, createFlashSale()], watching: [] })
  expect(await refusalOf(start(world))).toBe('product.not_found')
})

test('[E-23] whom the host’s risk port denies holds nothing, and no piece is gone', async () => {
  const asked: string[] = []
  const risk: WorldOptions['risk'] = ({ userId, action }) => {
    asked.push(`${userId} ${action}`)
    return userId === 'li' ? 'deny' : 'allow'
  }
  await using world = await openWorld([], [], { risk })
  const at = await start(world, now(world))
  expect(await take(world, 'li', at)).toBe('risk.blocked')
  expect(await world.read(at, flashSale)).toEqual({ phase: 'on', left: 9, soldCount: 0 })
  expect(await take(world, 'zhao', at)).toBeNull()
  expect(asked).toEqual(['li take', 'zhao take'])
})
