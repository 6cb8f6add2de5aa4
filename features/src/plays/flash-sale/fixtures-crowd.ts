/** As many at once as a test says, for the last piece: fast with sixty-four, slow with a thousand. */
import type { UserId } from '@qun/contract'
import { answered, refusalOf } from '@qun/testing'
import { expect } from 'vitest'
import { crowd, spread } from '../../people/membership/fixtures.ts'
import { flashSale, payHold, takeForHost } from './contract.ts'
import { holdOf, openWorld, pay, start, take, tellOrder } from './fixtures.ts'

/** Members take it themselves or by the host's checkout, on three nodes; sold, refunded, and once more. */
export async function lastPiece(count: number): Promise<void> {
  await using world = await openWorld([], [], { limits: { snapshotMembers: 1_100 } })
  const { groupId, names } = await crowd(world, count)
  await spread(world)
  const at = await start(world, { stock: 1, perMember: 1, startsAt: world.time.now() }, groupId)
  const takeAs = (name: string, n: number) =>
    n % 2 === 0
      ? take(world, name, at)
      : refusalOf(
          answered(() =>
            world.asServer().call(takeForHost, { params: at, body: { userId: name as UserId, quantity: 1 } }),
          ),
        )
  for (const orderId of ['first', 'second']) {
    const codes = await Promise.all(names.map(takeAs))
    expect(codes.filter((code) => code === null)).toHaveLength(1)
    expect(codes.filter((code) => code === 'flash_sale.sold_out')).toHaveLength(count - 1)
    const winner = names[codes.indexOf(null)] ?? ''
    const holdId = await holdOf(world, winner, at)
    const paid = await Promise.all([1, 2, 3].map(() => pay(world, at, holdId, orderId)))
    expect(paid).toEqual([null, null, null])
    expect(await world.read(at, flashSale)).toEqual({ phase: 'on', left: 0, soldCount: 1 })
    expect(await take(world, winner, at)).toBe('flash_sale.limit')
    await tellOrder(world, orderId, 'refunded')
    await world.core.settle()
    expect(await world.read(at, flashSale)).toEqual({ phase: 'on', left: 1, soldCount: 0 })
  }
}
/** Many orders for one lapsed hold and one piece that is left, at once: one of them pays. */
export async function lastLatePayment(count: number): Promise<void> {
  await using world = await openWorld()
  const at = await start(world, { stock: 1, perMember: 1, startsAt: world.time.now() })
  expect(await take(world, 'li', at)).toBe(null)
  const holdId = await holdOf(world, 'li', at)
  await world.jump(60 * 60_000)
  const payLate = (orderId: string) => world.asServer().call(payHold, { params: { ...at, holdId }, body: { orderId } })
  const told = await Promise.all(
    Array.from({ length: count }, (_, n) => refusalOf(answered(() => payLate(`late-${n}`)))),
  )
  expect(told.filter((code) => code === null)).toHaveLength(1)
  expect(told.filter((code) => code === 'flash_sale.hold_paid')).toHaveLength(count - 1)
  expect(await world.read(at, flashSale)).toMatchObject({ left: 0, soldCount: 1 })
}
