/** For tests of what orders do with coupons: a world, coupons somebody claimed, and what the host asks of them. */
import { DAY, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { teller } from '../order/fixtures.ts'
import {
  coupon,
  lockCoupons,
  myCoupons,
  releaseCoupons,
  returnCoupons,
  setStacking,
  useCoupons,
  type Basket,
  type Terms,
} from './contract.ts'
import feature from './server.ts'

export const open = () => startWorld({ features: [message, membership, teller, feature], watching: ['li'] })
export const host = (world: World) => world.asServer()
/** Freight and a group `x` beside the default, one coupon each. */
export const freightToo = (world: World) =>
  host(world).call(setStacking, {
    body: { groups: ['default', 'shipping', 'x'].map((name) => ({ name, most: 1 })), most: 3 },
  })
export const freightOff = { kind: 'shipping', stackGroup: 'shipping' } as const
export async function claimed(world: World, patch: Partial<Terms> = {}, name = 'li'): Promise<{ id: string; at: At }> {
  const now = world.time.now()
  const terms: Terms = {
    kind: 'direct',
    amountFen: 500,
    total: 30,
    perUser: 5,
    claim: { from: now, until: now + 30 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 3 },
    ...patch,
  }
  const at = await world.as('wang').post(world.groupId, coupon, { title: '老友券', contact: '店内', terms })
  await world.as(name).act(at, coupon, 'claim', {})
  return { at, id: (await world.as(name).mine<typeof coupon>(at))?.coupons[0]?.couponId ?? '' }
}
export const basket: Basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 3_000, quantity: 2 }], shippingFen: 600 }
export interface Ask {
  readonly userId?: string
  readonly basket?: Basket
}
export const body = (couponIds: readonly string[], { userId = 'li', basket: goods = basket }: Ask = {}) => ({
  userId: userId as UserId,
  couponIds: [...couponIds],
  basket: goods,
})
export const lock = (world: World, orderId: string, ids: readonly string[], ask?: Ask) =>
  refusalOf(host(world).call(lockCoupons, { params: { orderId }, body: body(ids, ask) }))
const settle = (endpoint: typeof useCoupons) =>
  async function ask(world: World, orderId: string): Promise<string> {
    try {
      const { coupons } = await host(world).call(endpoint, { params: { orderId }, body: {} })
      return coupons.map((one) => one.state).join()
    } catch (error) {
      return (error as { code: string }).code
    }
  }
export const use = settle(useCoupons)
export const release = settle(releaseCoupons)
export const giveBack = settle(returnCoupons)
export async function stateOf(world: World, id: string, name = 'li'): Promise<string | undefined> {
  for (const list of ['available', 'used', 'over'] as const) {
    const { coupons } = await world.as(name).call(myCoupons, { query: { list, limit: 100 } })
    const found = coupons.find((one) => one.couponId === id)
    if (found !== undefined) return found.state
  }
  return undefined
}
export const factsOf = async (world: World, name: string) => {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number }>`SELECT count(*) AS n FROM facts WHERE name = ${name}`.execute(tx),
  )
  return rows[0]?.n
}
