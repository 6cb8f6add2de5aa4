/** What the random walks share: moves of buyers, the host's checkout and its orders, each compared with the model. */
import { HOUR, MINUTE, type UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { refusalOf, startWorld, type At, type World, type WorldOptions } from '@qun/testing'
import { expect } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../../trade/order/fixtures.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import product, { offeredProducts } from '../../trade/product/server.ts'
import { bindOrder, groupBuy, instructionsForHost, payPlace, placeForHost, settleInstruction } from './contract.ts'
import { ladder, Model, type Body } from './fixtures-model.ts'
import { createGroupBuy } from './server.ts'

export const feature = createGroupBuy({ products: [offeredProducts] })
/** A world whose shop sells the roll of the tests; `more` are features of the test's own. */
export const startShop = async (more: readonly Feature[] = [], options: Partial<WorldOptions> = {}) =>
  aProduct(await startWorld({ features: [message, membership, product, feature, ...more], ...options }), 'roll', {
    title: '海盐卷',
    priceFen: 2_900,
  })
export const openWorld = () => startShop([teller], { watching: [] })
export interface Offer {
  readonly at: At
  readonly model: Model
  readonly since: number
}
export async function newOffer(world: World, random: () => number, stock = 12, lifeMs = 6 * HOUR): Promise<Offer> {
  const since = world.time.now()
  const body: Body = {
    productId: 'roll',
    refunds: '七天内可退',
    ladder,
    stock,
    perMember: 3,
    teamMs: 40 * MINUTE,
    endsAt: since + lifeMs,
    late: random() < 0.5 ? 'refund' : 'new-team',
  }
  return { at: await world.as('wang').post(world.groupId, groupBuy, body), model: new Model(body), since }
}
/** One action of a person by chance, and what the model says of it. */
export function oneOf(model: Model, who: string, random: () => number, now: number) {
  const quantity = random() < 0.8 ? 1 : 2
  const kind = random()
  if (kind < 0.35) {
    return { who, action: 'start', input: { quantity }, expected: model.keep(who, quantity, null, now) } as const
  }
  if (kind < 0.83) {
    const teamNo = Math.max(1, model.teams.length + 1 - Math.floor(random() * 4))
    const expected = model.keep(who, quantity, teamNo, now)
    return { who, action: 'join', input: { teamNo, quantity }, expected } as const
  }
  if (kind < 0.93) return { who, action: 'release', input: {}, expected: model.release(who) } as const
  return { who, action: 'withdraw', input: {}, expected: model.withdraw(who, now) } as const
}
/** A new order of a person, or one that somebody told of before. */
function anOrder(model: Model, who: string, random: () => number, n: number, again: number): string {
  const orders = [...model.orders].flatMap(([orderId, order]) => (order.who === who ? [orderId] : []))
  const known = orders[Math.floor(random() * orders.length)]
  return known !== undefined && random() < again ? known : `o-${n}`
}
/** A payment of the host for a person's place. */
export async function payOne(world: World, { at, model }: Offer, who: string, random: () => number, n: number) {
  const orderId = anOrder(model, who, random, n, 0.25)
  const expected = model.pay(who, orderId, world.time.now())
  const told = await world
    .asServer()
    .call(payPlace, { params: at, body: { userId: who as UserId, orderId }, key: `p-${n}` })
    .then(({ status }) => status as string)
    .catch((error: unknown) => (error as { code?: string }).code ?? String(error))
  expect(told).toBe(expected)
}
/** The host says what an order is for; several may be for one place. */
export async function bindOne(world: World, { at, model }: Offer, who: string, random: () => number, n: number) {
  const orderId = anOrder(model, who, random, n, 0.4)
  // Which of several places given back at one instant was kept last, nobody can say.
  if (model.live(who) === undefined && model.orders.get(orderId)?.place === undefined) return
  const expected = model.bind(who, orderId, world.time.now())
  const bound = world
    .asServer()
    .call(bindOrder, { params: at, body: { userId: who as UserId, orderId }, key: `b-${n}` })
  expect(await refusalOf(bound)).toBe(expected)
}
/** What the checkout asks before it takes money. */
export async function quoteOne(world: World, { at, model }: Offer, who: string): Promise<void> {
  const mine = await world.as(who).mine<typeof groupBuy>(at)
  const live = model.live(who)
  const placeId = mine?.place?.placeId
  expect(placeId === undefined).toBe(live === undefined)
  if (placeId === undefined) return
  const told = await world.asServer().call(placeForHost, { params: { ...at, placeId } })
  expect(told).toMatchObject({ userId: who, amountFen: 1_900 * told.quantity })
  expect([told.quantity, told.until, told.status]).toEqual([live?.quantity, told.until, live?.status])
}
/** The host carries out what it was told, some of it twice, late, or what nobody told it. */
export async function carryOutOne(world: World, { model }: Offer, random: () => number): Promise<void> {
  const all = [...(random() < 0.7 ? model.instructions : model.everInstructed)]
  const [told, orderId = ''] = all[Math.floor(random() * all.length)]?.split(' ') ?? []
  if (told === undefined) return
  const what = random() < 0.9 === (told === 'void') ? ('void' as const) : ('capture' as const)
  const done = world.asServer().call(settleInstruction, { body: { orderId, what } })
  expect(await refusalOf(done)).toBe(model.carryOut(what, orderId))
}
/** An event of an order, in any order, repeated and late; what is due is done first, as it is with the event. */
export async function tellOne(world: World, offer: Offer, who: string, random: () => number, n: number) {
  const { model } = offer
  // Half of them of an order that counts just now; else often of one for a place that is only kept.
  const counting = random() < 0.5 ? model.places.findLast((one) => one.who === who)?.orderId : undefined
  const waiting = [...model.orders].filter(
    ([, one]) => !one.isEnded && one.place?.status === 'held' && one.place.who === who,
  )
  const waitingFor = random() < 0.5 ? waiting[Math.floor(random() * waiting.length)]?.[0] : undefined
  const orderId = counting ?? waitingFor ?? anOrder(model, who, random, n, 0.85)
  const isPaying = counting !== undefined || waitingFor === undefined ? random() < 0.5 : random() < 0.2
  const kinds = isPaying ? ['paid', 'received'] : ['cancelled', 'refunded']
  const status = kinds[Math.floor(random() * kinds.length)] as string
  await settleBoth(world, offer)
  await world.asServer().call(tell, { body: { orderId, status } })
  offer.model.hear(orderId, who, status === 'paid' || status === 'received', world.time.now())
  await settleBoth(world, offer)
}
/** Runs what is due; then the card says what the model counts. */
export async function settleBoth(world: World, { at, model }: Offer): Promise<void> {
  await world.core.settle()
  model.settle(world.time.now())
  const { teams, ...state } = await world.read(at, groupBuy)
  const shown = teams.map(({ teamNo, until, paidCount, heldCount }) => ({ teamNo, until, paidCount, heldCount }))
  expect({ ...state, teams: shown }).toMatchObject(model.state())
  expect(model.left()).toBeGreaterThanOrEqual(0)
  for (const { who } of model.places) expect(model.bought(who)).toBeLessThanOrEqual(model.body.perMember)
}
/** The host is told to take or give back what the model says, each order once. */
export async function compareInstructions(world: World, { at, model, since }: Offer): Promise<void> {
  const found: string[] = []
  let after: { afterAt: number; afterOrderId: string } = { afterAt: since - 1, afterOrderId: '' }
  for (;;) {
    const { instructions } = await world.asServer().call(instructionsForHost, { query: { limit: 200, ...after } })
    for (const one of instructions) if (one.seq === at.seq) found.push(`${one.what} ${one.orderId} ${one.amountFen}`)
    const last = instructions.at(-1)
    if (last === undefined) break
    after = { afterAt: last.at, afterOrderId: last.orderId }
  }
  expect(found.toSorted()).toEqual(model.instructions.toSorted())
  for (const one of found) {
    const [what, orderId = ''] = one.split(' ')
    if (what === 'capture') expect(model.orders.get(orderId)?.isEnded, one).toBe(false)
  }
}
