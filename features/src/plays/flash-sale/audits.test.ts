/** The audits of flash sales: silent where all is well, and loud for each planted breach. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { hold, openWorld, pay, start, tellOrder } from './fixtures.ts'
import { audits } from './store-audits.ts'

const count = sql`UPDATE messages SET state = jsonb_set(state::jsonb, '{left}', '9')::json WHERE kind = 'flash-sale'`
const paid = sql`status = 'sold' AND user_id = 'li'`
const cheap = sql`UPDATE messages SET body = jsonb_set(body::jsonb, '{priceFen}', '1')::json WHERE kind = 'flash-sale'`
const planted = [
  ['MER4', cheap],
  ['MER4', sql`UPDATE flash_sale_offers SET floor_fen = 5801`],
  ['MER4', sql`UPDATE flash_sale_offers SET floor_fen = NULL`],
  ['MER4', sql`DELETE FROM flash_sale_offers`],
  ['MER4', sql`UPDATE flash_sale_offers SET list_fen = 9900`],
  ['FS9', count],
  // Li bought two.
  ['FS3', sql`UPDATE messages SET body = jsonb_set(body::jsonb, '{perMember}', '1')::json WHERE kind = 'flash-sale'`],
  ['FS7', sql`UPDATE flash_sale_orders SET ended_at = 1 WHERE order_id = 'o1'`],
  ['FS10', sql`UPDATE flash_sale_holds SET order_id = 'o3' WHERE ${paid}`],
  // 孙老师 gave up what was paid.
  [
    'FS6',
    sql`UPDATE facts SET data = jsonb_set(data::jsonb, '{why}', '"given_up"')::json WHERE name = 'flash-sale.returned'`,
  ],
  ['FS8', sql`UPDATE facts SET at = at + 86400000 WHERE name = 'flash-sale.sold'`],
  ['FS10', sql`UPDATE flash_sale_orders SET group_id = NULL, seq = NULL, hold_id = NULL WHERE order_id = 'o1'`],
] as const
test.each(planted)(
  '[MER9] [MER4] [V3] [FS3] [FS6] [FS7] [FS8] [FS9] [FS10] audit %s: a planted breach is found',
  async (id, plant) => {
    const world = await openWorld()
    const at = await start(world, { startsAt: world.time.now(), stock: 9 })
    expect(await pay(world, at, await hold(world, 'li', at, 2), 'o1')).toBe(null)
    expect(await pay(world, at, await hold(world, 'zhao', at), 'o2')).toBe(null)
    expect(await pay(world, at, await hold(world, 'sun', at), 'o3')).toBe(null)
    await hold(world, 'he', at)
    for (const orderId of ['o3', 'o4']) await tellOrder(world, orderId, 'refunded')
    await world.settle()
    const find = () =>
      world.store.reading('*', (tx) => Promise.all(audits.map(async (one) => [one.id, await one.find(tx, 0)] as const)))
    expect((await find()).flatMap(([, found]) => found)).toEqual([])
    await world.store.transaction('*', async (tx) => {
      // Walls of the store stand in the way of some.
      await sql`DROP INDEX flash_sale_holds_order`.execute(tx)
      await plant.execute(tx)
    })
    expect((await find()).flatMap(([name, found]) => (found.length > 0 ? [name] : []))).toContain(id)
    await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`audit ${id}`)
  },
)
