/** How a flash sale behaves, through a whole world: members first, never more than there is, back when unpaid. */
import type { UserId } from '@qun/contract'
import { refusalOf, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { cancelHold, flashSale, holdMs, payHold, saleForHost, takeForHost } from './contract.ts'
import { holdOf, openWorld, start, take, tellOrder } from './fixtures.ts'

const minute = 60_000
const open = () => openWorld(['wang', 'li'])
const now = (world: World) => ({ startsAt: world.time.now() })
const asHost = (world: World) => world.asServer()

describe('when', () => {
  test('[FS1] members begin first, others later through the host, nobody after the end', async () => {
    await using world = await open()
    const at = await start(world)
    const takeAsHost = (userId: string) =>
      refusalOf(asHost(world).call(takeForHost, { params: at, body: { userId: userId as UserId, quantity: 1 } }))
    expect(await take(world, 'li', at)).toBe('flash_sale.not_started')
    expect(await take(world, 'zhou', at)).toBe('message.not_found')
    await world.pass(minute)
    expect(await take(world, 'li', at)).toBe(null)
    expect(await takeAsHost('zhou')).toBe('flash_sale.not_started')
    expect(await takeAsHost('sun')).toBe(null)
    expect(await asHost(world).call(saleForHost, { params: at })).toMatchObject({ left: 1, ended: false })
    await world.pass(59 * minute)
    expect(await takeAsHost('zhou')).toBe(null)
    await world.pass(60 * minute)
    expect(await take(world, 'zhao', at)).toBe('flash_sale.ended')
    expect(await takeAsHost('zhou')).toBe('flash_sale.ended')
    expect(await asHost(world).call(saleForHost, { params: at })).toMatchObject({ ended: true })
  })
  test('[FS1] a sale that names no public start is for members alone; times and prices that do not fit are refused', async () => {
    await using world = await open()
    const at = await start(world, { publicStartsAt: null, ...now(world) })
    const asked = asHost(world).call(takeForHost, { params: at, body: { userId: 'zhou' as UserId, quantity: 1 } })
    expect(await refusalOf(asked)).toBe('flash_sale.not_started')
    const bad = (patch: object) => refusalOf(start(world, patch))
    expect(await bad({ endsAt: world.time.now() })).toBe('flash_sale.times_invalid')
    expect(await bad({ publicStartsAt: world.time.now() })).toBe('flash_sale.times_invalid')
    expect(await bad({ priceFen: 8_800 })).toBe('flash_sale.price_invalid')
    for (const url of ['javascript:alert(1)', 'http://shop.test', '//evil.test', '/\\evil.test'])
      expect(await bad({ url })).toBe('card.url_scheme')
    expect(await bad({ url: '/pay?item=1' })).toBe(null)
  })
})

describe('how many', () => {
  test('[FS2] [FS9] of forty at once three get a piece, and nobody is told it is sold out while one is free', async () => {
    await using world = await open()
    const names = Array.from({ length: 40 }, (_, n) => `buyer${n}`)
    for (const name of names) await world.core.putUser(world.as(name).principal.appId, { userId: name as UserId, name })
    const groupId = await world.makeGroup(['wang', ...names])
    const at = await world.as('wang').post(groupId, flashSale, {
      productId: 'guji',
      refunds: '七天内可退',
      priceFen: 1,
      stock: 3,
      perMember: 1,
      startsAt: world.time.now(),
      endsAt: world.time.now() + 60 * minute,
    })
    const codes = await Promise.all(names.map((name) => take(world, name, at)))
    expect(codes.filter((code) => code === null)).toHaveLength(3)
    expect(codes.filter((code) => code === 'flash_sale.sold_out')).toHaveLength(37)
    expect(await world.read(at, flashSale)).toEqual({ phase: 'on', left: 0, soldCount: 0 })
  })
  test('[FS3] [FS4] a hold is answered again; what was bought counts against the limit', async () => {
    await using world = await open()
    const at = await start(world, now(world))
    await Promise.all([take(world, 'li', at, 2), take(world, 'li', at, 2), take(world, 'li', at, 1)])
    expect((await world.read(at, flashSale)).left).toBe(1)
    const holdId = await holdOf(world, 'li', at)
    await asHost(world).call(payHold, { params: { ...at, holdId }, body: { orderId: 'o1' } })
    expect(await take(world, 'li', at)).toBe('flash_sale.limit')
    expect(await world.as('li').mine(at)).toEqual({ hold: null, boughtCount: 2 })
  })
})

describe('holds', () => {
  test('[FS5] unpaid ones go back at their time, each once; given up and cancelled ones at once', async () => {
    await using world = await open()
    const at = await start(world, { ...now(world), stock: 10 })
    await take(world, 'li', at, 2)
    await world.pass(5 * minute)
    for (const name of ['zhao', 'sun', 'he']) await take(world, name, at)
    expect((await world.read(at, flashSale)).left).toBe(5)
    await world.as('zhao').act(at, flashSale, 'release', {})
    expect(await refusalOf(world.as('zhao').act(at, flashSale, 'release', {}))).toBe('flash_sale.no_hold')
    const params = { ...at, holdId: await holdOf(world, 'sun', at) }
    for (let times = 0; times < 2; times++) await asHost(world).call(cancelHold, { params, body: {} })
    expect((await world.read(at, flashSale)).left).toBe(7)
    await world.pass(holdMs - 5 * minute)
    expect((await world.read(at, flashSale)).left).toBe(9)
    await world.pass(5 * minute)
    expect(await world.read(at, flashSale)).toMatchObject({ left: 10, soldCount: 0 })
    expect(await world.as('li').mine(at)).toEqual({ hold: null, boughtCount: 0 })
  })
  test('[FS6] paid once, for one order; late only if pieces are left', async () => {
    await using world = await open()
    const at = await start(world, { ...now(world), stock: 1, perMember: 1 })
    await take(world, 'li', at)
    const first = { ...at, holdId: await holdOf(world, 'li', at) }
    const pay = (params: typeof first, orderId: string) =>
      refusalOf(asHost(world).call(payHold, { params, body: { orderId } }))
    await world.pass(holdMs)
    await take(world, 'zhao', at)
    expect(await pay(first, 'o1')).toBe('flash_sale.sold_out')
    await world.as('zhao').act(at, flashSale, 'release', {})
    expect(await pay(first, 'o1')).toBe(null)
    expect(await pay(first, 'o1')).toBe(null)
    expect(await pay(first, 'o2')).toBe('flash_sale.hold_paid')
    expect(await world.read(at, flashSale)).toMatchObject({ left: 0, soldCount: 1 })
    const unknown = { ...at, holdId: `hold_${'0'.repeat(24)}` }
    expect(await pay(unknown, 'o3')).toBe('flash_sale.no_hold')
  })
  test('[FS7] a refunded order gives its pieces back, once, and they are sold again', async () => {
    await using world = await open()
    const at = await start(world, { ...now(world), stock: 2, perMember: 2 })
    await take(world, 'li', at, 2)
    const params = { ...at, holdId: await holdOf(world, 'li', at) }
    await asHost(world).call(payHold, { params, body: { orderId: 'o1' } })
    for (const status of ['paid', 'refunded', 'cancelled', 'refunded']) {
      await tellOrder(world, 'o1', status)
      await world.settle()
      expect((await world.read(at, flashSale)).left).toBe(status === 'paid' ? 0 : 2)
    }
    expect(await world.as('li').mine(at)).toEqual({ hold: null, boughtCount: 0 })
    expect(await take(world, 'zhao', at, 2)).toBe(null)
  })
  test('[FS8] the end takes no hold away', async () => {
    await using world = await open()
    const at = await start(world, { ...now(world), publicStartsAt: null, endsAt: world.time.now() + minute })
    await take(world, 'li', at)
    const params = { ...at, holdId: await holdOf(world, 'li', at) }
    await world.pass(2 * minute)
    expect((await world.read(at, flashSale)).phase).toBe('ended')
    await asHost(world).call(payHold, { params, body: { orderId: 'o1' } })
    expect((await world.read(at, flashSale)).soldCount).toBe(1)
  })
})
