/** Chances that an order gave: back with it while entries are open, for good once the list is public. */
import { MINUTE } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { tell, teller } from '../../trade/order/fixtures.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { chancesPerOrderMax, grantChance, luckyDraw } from './contract.ts'
import { enter, hashing, id, post, proofIn } from './fixtures.ts'
import { drawFault } from './rules.ts'
import draw from './server.ts'

const told: unknown[] = []
const listener = {
  name: 'listener',
  reactions: [
    {
      name: 'listener.chance',
      on: 'lucky-draw.chance-returned',
      handle: (call: { fact: { data: unknown } }) => void told.push(call.fact.data),
    },
  ],
}
const open = () => {
  told.length = 0
  return startWorld({ features: [message, membership, teller, draw, listener], watching: [] })
}
const chances = { most: 4, how: '每下一单加一次' }
const start = (world: World) => post(world, { chances })
const give = (world: World, at: At, chanceId: string, orderId?: string, userId = 'li') =>
  world.asServer().call(grantChance, {
    params: { ...at, chanceId },
    body: { userId: id(userId), ...(orderId === undefined ? {} : { orderId }) },
  })
const report = (world: World, orderId: string, status: string) =>
  world.asServer().call(tell, { body: { orderId, status } })
const end = async (world: World, orderId: string, status = 'refunded') => {
  await report(world, orderId, status)
  await world.settle()
}
const weights = async (world: World, at: At) => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ weight: number }>`SELECT weight FROM lucky_draw_entries WHERE seq = ${at.seq} ORDER BY entry_no`.execute(tx),
  )
  return rows.map(({ weight }) => weight)
}

test.each(['cancelled', 'refunded'])(
  '[E-20] [LD27] an order that is %s takes back its chances and no others, of every draw, once',
  async (how) => {
    await using world = await open()
    const [at, other] = [await start(world), await start(world)]
    await give(world, at, 'c1', 'o1')
    await enter(world, at, 'li')
    await world.as('li').act(other, luckyDraw, 'enter', {}, 'enter-other')
    await enter(world, at, 'zhao')
    await give(world, at, 'c2', 'o2')
    await give(world, at, 'c3')
    await give(world, at, 'c4', 'o1', 'zhao')
    await give(world, other, 'c1', 'o1')
    expect([await weights(world, at), await weights(world, other)]).toEqual([[4, 2], [2]])
    await end(world, 'o1', 'paid')
    expect(await weights(world, at)).toEqual([4, 2])
    await end(world, 'o1', how)
    expect([await weights(world, at), await weights(world, other)]).toEqual([[3, 1], [1]])
    const taken = { orderId: 'o1', what: 'taken' }
    expect(told).toHaveLength(3)
    for (const one of told) expect(one).toMatchObject(taken)
    // Told again, and told of the other end too: nothing more goes.
    for (const status of ['refunded', 'cancelled', 'refunded']) await end(world, 'o1', status)
    expect([await weights(world, at), await weights(world, other)]).toEqual([[3, 1], [1]])
    expect(told).toHaveLength(3)
    expect(await refusalOf(give(world, at, 'c1', 'o1'))).toBe('draw.order_ended')
    await world.pass(11 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    expect(entries.map(({ weight }) => weight)).toEqual([3, 1])
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  },
)
test('[E-20] [LD27] a chance above the most told hides none: what is left counts again', async () => {
  await using world = await open()
  const at = await start(world)
  await enter(world, at, 'li')
  for (const n of [1, 2, 3, 4, 5]) await give(world, at, `c${n}`, `o${n}`)
  const after: number[][] = []
  for (const n of [1, 2, 3]) {
    await end(world, `o${n}`)
    after.push(await weights(world, at))
  }
  expect(after).toEqual([[4], [4], [3]])
})
test('[E-20] [LD27] after entries close a refund changes nothing: the list stands, its hash and the proof fit', async () => {
  await using world = await open()
  const at = await start(world)
  await give(world, at, 'c1', 'o1')
  for (const name of ['li', 'zhao']) await enter(world, at, name)
  // The clock has closed it, the job that says so has not come yet.
  world.time.moveTo(world.time.now() + 10 * MINUTE)
  await report(world, 'o1', 'refunded')
  await world.settle()
  expect(await weights(world, at)).toEqual([2, 1])
  await world.pass(MINUTE)
  const before = await world.read(at, luckyDraw)
  expect(before.phase).toBe('drawn')
  await end(world, 'o1')
  await give(world, await start(world), 'c9', 'o9')
  await end(world, 'o9')
  expect(await world.read(at, luckyDraw)).toEqual(before)
  const { proof, entries } = await proofIn(world, at)
  expect(entries.map(({ weight }) => weight)).toEqual([2, 1])
  expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  expect(told.map((one) => (one as { what: string }).what)).toEqual(['kept', 'taken'])
})
test('[E-20] [LD27] an order that ended before anybody named it gives nothing', async () => {
  await using world = await open()
  const at = await start(world)
  await end(world, 'o1', 'cancelled')
  expect(await refusalOf(give(world, at, 'c1', 'o1'))).toBe('draw.order_ended')
  await enter(world, at, 'li')
  expect(await weights(world, at)).toEqual([1])
  // The id of the chance is free for another order.
  expect(await give(world, at, 'c1', 'o2')).toEqual({ weight: 2 })
  expect(await refusalOf(give(world, at, 'c1', 'o3'))).toBe('draw.not_eligible')
  expect(await give(world, at, 'c1', 'o2')).toEqual({ weight: 2 })
})
test('[LD27] one order gives at most so many chances, of all draws together', async () => {
  await using world = await open()
  const at = await start(world)
  for (let n = 0; n < chancesPerOrderMax; n += 1) await give(world, at, `c${n}`, 'o1')
  expect(await refusalOf(give(world, await start(world), 'more', 'o1'))).toBe('draw.order_spent')
  expect(await refusalOf(give(world, at, 'c0', 'o1'))).toBeNull()
  expect(await give(world, at, 'more', 'o2')).toEqual({ weight: 4 })
})
test('[E-20] [LD27] entering, giving and the end of the order at once: nothing of it counts', async () => {
  await using world = await open()
  for (let round = 0; round < 6; round += 1) {
    const at = await start(world)
    const orderId = `o${round}`
    await give(world, at, 'first', orderId)
    const said = await Promise.all([
      refusalOf(world.as('li').act(at, luckyDraw, 'enter', {}, `enter-${round}`)),
      end(world, orderId).then(() => null),
      ...[1, 2].map((n) => refusalOf(give(world, at, `c${n}`, orderId))),
    ])
    for (const code of said) expect([null, 'draw.order_ended']).toContain(code)
    await world.settle()
    expect(await weights(world, at)).toEqual([1])
  }
})
test('[E-20] [LD27] of a recalled draw nothing is taken; a cancelled one keeps what it had', async () => {
  await using world = await open()
  const [recalled, cancelled] = [await start(world), await start(world)]
  for (const at of [recalled, cancelled]) await give(world, at, 'c1', 'o1')
  await world.as('wang').recall(recalled)
  await world.as('wang').act(cancelled, luckyDraw, 'cancel', { reason: '改期' })
  await end(world, 'o1')
  expect(told).toEqual([{ seq: cancelled.seq, userId: 'li', chanceId: 'c1', orderId: 'o1', what: 'kept' }])
})
test('[MER9] [LD27] the audit names a chance that an ended order left behind', async () => {
  const world = await open()
  await give(world, await start(world), 'c1', 'o1')
  const now = world.time.now()
  await world.store.transaction('*', (tx) => sql`UPDATE lucky_draw_orders SET ended_at = ${now}`.execute(tx))
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('LD27')
})
