/** What the host's orders do with holds, in any order, repeated and late: who paid what, once. */
import { MINUTE } from '@qun/contract'
import { refusalOf } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { tell } from '../../trade/order/fixtures.ts'
import { disbandGroup } from '../../people/membership/contract.ts'
import { flashSale, holdMs, saleForHost, takeForHost } from './contract.ts'
import { cancel, hold, mineOf, openWorld, pay, release, start, take, tellOrder } from './fixtures.ts'
import { findHold, moveHolds } from './store.ts'

const now = (world: Awaited<ReturnType<typeof openWorld>>) => ({ startsAt: world.time.now() })
const params = (at: object, holdId: string) => ({ ...at, holdId })

const tellOf = (world: Awaited<ReturnType<typeof openWorld>>, orderId: string, userId: string, status = 'paid') =>
  world
    .asServer()
    .call(tell, { body: { orderId, status, userId } })
    .then(() => world.settle())

describe('orders of other people', () => {
  test('[FS15] told before, it pays for nobody else’s hold, and nothing is sold; its own person’s it does', async () => {
    await using world = await openWorld()
    const at = await start(world, now(world))
    await tellOf(world, 'o1', 'zhao')
    const [others, own] = [await hold(world, 'li', at), await hold(world, 'zhao', at)]
    expect(await pay(world, at, others, 'o1')).toBe('flash_sale.order_others')
    expect(await world.read(at, flashSale)).toMatchObject({ left: 1, soldCount: 0 })
    expect(await pay(world, at, own, 'o1')).toBe(null)
    // Told once: whoever is named later does not take it away.
    await tellOf(world, 'o1', 'zhao', 'received')
    expect(await world.read(at, flashSale)).toMatchObject({ left: 1, soldCount: 1 })
  })
  test('[FS15] told only later, what it bought for another goes back, once', async () => {
    await using world = await openWorld()
    const at = await start(world, now(world))
    const others = await hold(world, 'li', at)
    expect(await pay(world, at, others, 'o1')).toBe(null)
    for (const status of ['paid', 'received']) {
      await tellOf(world, 'o1', 'zhao', status)
      expect(await world.read(at, flashSale)).toMatchObject({ left: 3, soldCount: 0 })
    }
    expect(await pay(world, at, others, 'o1')).toBe('flash_sale.order_others')
    expect(await mineOf(world, 'li', at)).toEqual({ hold: null, boughtCount: 0 })
  })
})

describe('holds that are over', () => {
  test('[V3] [FS3] [FS6] ten holds taken and given up are ten refusals to pay', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 20, perMember: 1 })
    const holdIds: string[] = []
    for (let n = 0; n < 10; n++) {
      holdIds.push(await hold(world, 'li', at))
      await release(world, 'li', at)
    }
    const codes = await Promise.all(holdIds.map((holdId, n) => pay(world, at, holdId, `o${n}`)))
    expect(new Set(codes)).toEqual(new Set(['flash_sale.hold_over']))
    expect(await world.read(at, flashSale)).toMatchObject({ left: 20, soldCount: 0 })
  })
  test('[V3] [FS3] [FS6] of lapsed ones as many are sold as one person may, and what is held counts', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 20, perMember: 2 })
    const holdIds: string[] = []
    for (let n = 0; n < 4; n++) {
      holdIds.push(await hold(world, 'li', at))
      await world.pass(holdMs)
    }
    const standing = await hold(world, 'li', at)
    const codes = await Promise.all(holdIds.map((holdId, n) => pay(world, at, holdId, `o${n}`)))
    expect(codes.toSorted()).toEqual(['flash_sale.limit', 'flash_sale.limit', 'flash_sale.limit', null].toSorted())
    expect(await pay(world, at, standing, 'o9')).toBe(null)
    expect(await mineOf(world, 'li', at)).toEqual({ hold: null, boughtCount: 2 })
  })
  test('[V3] [FS6] by the clock, also before the sweep: late is late, and another hold that is due stands in no way', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 2, perMember: 2 })
    const first = await hold(world, 'li', at, 2)
    await world.pass(holdMs)
    const second = await hold(world, 'li', at, 2)
    // Its job has not run.
    world.time.moveTo(world.time.now() + holdMs)
    expect(await pay(world, at, first, 'o1')).toBe(null)
    expect(await pay(world, at, second, 'o2')).toBe('flash_sale.limit')
    expect(await world.read(at, flashSale)).toMatchObject({ left: 0, soldCount: 2 })
  })
  test('[V3] [FS6] [FS8] nothing lapsed is paid after the end, nor in a disbanded group, nor of a recalled sale', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 9 })
    const disbanded = await start(world, { ...now(world), stock: 9 })
    const recalled = await start(world, { ...now(world), stock: 9 })
    const held = async (place: typeof at) => [place, await hold(world, 'li', place)] as const
    const holds = [await held(at), await held(disbanded), await held(recalled)] as const
    await world.pass(holdMs)
    await world.as('wang').recall(recalled)
    expect(await pay(world, ...holds[2], 'o3')).toBe('flash_sale.ended')
    const body = { userId: 'sun' as never, quantity: 1 }
    expect(await refusalOf(world.asServer().call(takeForHost, { params: recalled, body }))).toBe('message.not_found')
    expect(await refusalOf(world.asServer().call(saleForHost, { params: recalled }))).toBe('message.not_found')
    expect(await cancel(world, ...holds[2])).toBe(null)
    // The clock decides while the job that ends the sale is late.
    world.time.moveTo(world.time.now() + 120 * MINUTE)
    expect(await pay(world, ...holds[0], 'o1')).toBe('flash_sale.ended')
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await pay(world, ...holds[1], 'o2')).toBe('group.dissolved')
  })
  test('[V3] [FS5] [FS6] what the host cancelled is paid no more, also when it had lapsed before', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 9 })
    const [held, lapsed] = [await hold(world, 'li', at), await hold(world, 'zhao', at)]
    expect(await cancel(world, at, held)).toBe(null)
    await world.pass(holdMs)
    for (let times = 0; times < 2; times++) expect(await cancel(world, at, lapsed)).toBe(null)
    for (const holdId of [held, lapsed]) expect(await pay(world, at, holdId, 'o1')).toBe('flash_sale.hold_over')
    const paid = await hold(world, 'sun', at)
    expect(await pay(world, at, paid, 'o1')).toBe(null)
    expect(await cancel(world, at, paid)).toBe('flash_sale.hold_paid')
  })
  test('[V3] a hold is moved only from the state it is in', async () => {
    await using world = await openWorld()
    const at = await start(world, now(world))
    const holdId = await hold(world, 'li', at)
    await release(world, 'li', at)
    const move = world.store.transaction('shop', (tx) =>
      moveHolds({ tx, appId: 'shop' as never, ...at }, [holdId], ['held', 'sold'], 'o1'),
    )
    await expect(move).rejects.toThrow(`${holdId}: not all are held`)
    const found = await world.store.reading('shop', (tx) => findHold({ tx, appId: 'shop' as never, ...at }, holdId))
    expect(found).toMatchObject({ state: 'released', orderId: null })
  })
})

describe('orders', () => {
  test.each(['refunded', 'cancelled'])(
    '[V3] [FS10] one told %s before is not sold, whatever comes later',
    async (status) => {
      await using world = await openWorld()
      const at = await start(world, now(world))
      const holdId = await hold(world, 'li', at)
      await tellOrder(world, 'o1', status)
      await world.settle()
      expect(await pay(world, at, holdId, 'o1')).toBe('flash_sale.order_ended')
      for (const later of ['paid', 'received']) await tellOrder(world, 'o1', later)
      await world.settle()
      expect(await pay(world, at, holdId, 'o1')).toBe('flash_sale.order_ended')
      // The hold stands, for another order.
      expect(await pay(world, at, holdId, 'o2')).toBe(null)
    },
  )
  test('[V3] [FS10] one pays for one hold, of this sale or another, also after that ended', async () => {
    await using world = await openWorld()
    const [at, other] = [await start(world, { ...now(world), stock: 9 }), await start(world, now(world))]
    const [first, second] = [await hold(world, 'li', at), await hold(world, 'zhao', at)]
    const elsewhere = await hold(world, 'li', other)
    expect(await pay(world, at, first, 'o1')).toBe(null)
    expect(await pay(world, at, second, 'o1')).toBe('flash_sale.order_used')
    expect(await pay(world, other, elsewhere, 'o1')).toBe('flash_sale.order_used')
    expect(await pay(world, at, first, 'o2')).toBe('flash_sale.hold_paid')
    await tellOrder(world, 'o1', 'refunded')
    await world.settle()
    expect(await pay(world, at, first, 'o1')).toBe('flash_sale.order_ended')
    expect(await pay(world, at, second, 'o1')).toBe('flash_sale.order_ended')
    expect(await pay(world, at, first, 'o3')).toBe('flash_sale.hold_over')
    expect(await mineOf(world, 'li', at)).toEqual({ hold: null, boughtCount: 0 })
    expect(await take(world, 'li', at, 2)).toBe(null)
  })
  test('[V3] [FS10] one for two holds at once, and two for one, on two nodes: one counts, and no bug', async () => {
    await using world = await openWorld()
    const nodes = [world.core, await world.startNode()]
    let turn = 0
    world.route = () => nodes[turn++ % 2] as typeof world.core
    const [at, other] = [await start(world, { ...now(world), stock: 9 }), await start(world, now(world))]
    const places = [params(at, await hold(world, 'li', at)), params(other, await hold(world, 'zhao', other))]
    const codes = await Promise.all(places.map(({ holdId, ...place }) => pay(world, place as typeof at, holdId, 'o1')))
    expect(codes.toSorted()).toEqual(['flash_sale.order_used', null].toSorted())
    const holdId = await hold(world, 'sun', at)
    const together = await Promise.all(['o2', 'o3', 'o4'].map((orderId) => pay(world, at, holdId, orderId)))
    expect(together.toSorted()).toEqual(['flash_sale.hold_paid', 'flash_sale.hold_paid', null].toSorted())
  })
  test('[V3] [FS7] [FS10] one that ends while it is reported as paid is not sold in the end', async () => {
    await using world = await openWorld()
    const at = await start(world, { ...now(world), stock: 20, perMember: 20 })
    for (let n = 0; n < 8; n++) {
      const holdId = await hold(world, 'li', at)
      const ending = tellOrder(world, `o${n}`, 'cancelled').then(() => world.core.settle())
      const [code] = await Promise.all([pay(world, at, holdId, `o${n}`), ending])
      expect([null, 'flash_sale.order_ended']).toContain(code)
      await world.settle()
      expect(await world.read(at, flashSale)).toMatchObject({ soldCount: 0 })
      if (code !== null) await release(world, 'li', at)
    }
  })
})
