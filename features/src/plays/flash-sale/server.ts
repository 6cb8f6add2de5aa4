/** Serves flash sales: glue between the contract, the rules, the store and the host's checkout. */
import { isSafeAddress, type MineOf, type StateOf, type UserId } from '@qun/contract'
import {
  defineFeature,
  serveCard,
  serveEndpoint,
  type CardCall,
  type Feature,
  type OpenCall,
  type Reaction,
} from '@qun/core'
import { cancelHold, flashSale, holdMs, payHold, saleForHost, takeForHost, type Hold } from './contract.ts'
import { countFault, lateFault, payFault, timeFault, timesFit } from './rules.ts'
import { admitOffer, guardOf, type ProductKeeper } from './server-offer.ts'
import { audits } from './store-audits.ts'
import {
  addHold,
  bindOrder,
  endOrder,
  findHold,
  listStanding,
  lockOrder,
  migrations,
  moveHolds,
  placesOfOrder,
  type StoredHold,
} from './store.ts'

type SaleCall = CardCall<typeof flashSale>
type Mine = MineOf<typeof flashSale>
const nothing: Mine = { hold: null, boughtCount: 0 }

/** Holds pieces for somebody; while a hold stands it is answered again. */
async function take(call: SaleCall, userId: UserId, quantity: number, isMember: boolean): Promise<Hold> {
  const mine = (await call.mineOf(userId)) ?? nothing
  if (mine.hold !== null && call.now < mine.hold.until) return mine.hold // [FS4]
  const late = call.state.phase === 'ended' ? 'flash_sale.ended' : timeFault(call.body, isMember, call.now)
  if (late !== undefined) call.fail(late)
  if (mine.hold !== null) await giveBack(call, [{ ...mine.hold, userId }], 'timeout')
  const { boughtCount } = mine
  const fault = countFault(call.body, quantity, boughtCount, call.state.left)
  if (fault !== undefined) call.fail(fault)
  const standing = call.body.stock - call.state.left - call.state.soldCount
  const hold: Hold = { holdId: `hold_${call.randomHex(12)}`, quantity, until: call.now + holdMs }
  await addHold(call, { ...hold, userId }, call.now)
  setLeft(call, call.state.left - quantity)
  call.setMine(userId, { hold, boughtCount })
  call.record('flash-sale.taken', { seq: call.seq, userId, quantity })
  // All holds last equally long, so the first is due first: while one stands, the sweep is planned already.
  if (standing === 0) call.schedule(hold.until, 'sweep')
  return hold
}

type Given = Pick<StoredHold, 'holdId' | 'userId' | 'quantity'>
const afterHeld = { timeout: 'lapsed', given_up: 'released', cancelled: 'cancelled' } as const
/** [FS5] Unpaid pieces go back on sale and their holders are told; the caller has seen that they are still held. */
async function giveBack(call: SaleCall, holds: readonly Given[], why: keyof typeof afterHeld): Promise<void> {
  await moveHolds(
    call,
    holds.map((hold) => hold.holdId),
    ['held', afterHeld[why]],
  )
  for (const hold of holds) await putBack(call, hold, why)
}
/** [FS7] */
async function refund(call: SaleCall, hold: Given): Promise<void> {
  await moveHolds(call, [hold.holdId], ['sold', 'refunded'])
  await putBack(call, hold, 'refunded')
}
type Why = keyof typeof afterHeld | 'refunded'
async function putBack(call: SaleCall, { holdId, userId, quantity }: Given, why: Why): Promise<void> {
  const mine = (await call.mineOf(userId)) ?? nothing
  const isSold = why === 'refunded'
  call.setMine(userId, {
    hold: mine.hold?.holdId === holdId ? null : mine.hold,
    boughtCount: mine.boughtCount - (isSold ? quantity : 0),
  })
  setLeft(call, call.state.left + quantity, isSold ? -quantity : 0)
  call.record('flash-sale.returned', { seq: call.seq, userId, quantity, why })
}
function setLeft(call: SaleCall, left: number, sold = 0): void {
  if (left === 0 && call.state.left > 0) call.record('flash-sale.sold-out', { seq: call.seq })
  call.setState({ ...call.state, left, soldCount: call.state.soldCount + sold })
}

async function open(
  call: OpenCall<typeof flashSale>,
  keeper: ProductKeeper | undefined,
): Promise<StateOf<typeof flashSale>> {
  const { body } = call
  if (!timesFit(body, call.now)) call.fail('flash_sale.times_invalid')
  const product = await admitOffer(call, keeper)
  if (body.priceFen >= product.priceFen) call.fail('flash_sale.price_invalid')
  if (body.url !== undefined && !isSafeAddress(body.url)) call.fail('card.url_scheme')
  call.schedule(body.endsAt, 'end')
  return { phase: 'on', left: body.stock, soldCount: 0 }
}

const cardWith = (keeper: ProductKeeper | undefined) =>
  serveCard(flashSale, {
    open: (call) => open(call, keeper),
    actions: {
      async take(call, { quantity }) {
        await take(call, call.actorId, quantity, true)
      },
      async release(call) {
        const { hold } = (await call.mineOf(call.actorId)) ?? nothing
        if (hold === null) return call.fail('flash_sale.no_hold')
        await giveBack(call, [{ ...hold, userId: call.actorId }], 'given_up')
      },
    },
    jobs: {
      /** [FS5] Gives back what is due and plans the next. */
      async sweep(call) {
        const standing = await listStanding(call)
        await giveBack(
          call,
          standing.filter((hold) => hold.until <= call.now),
          'timeout',
        )
        const next = standing.find((hold) => hold.until > call.now)
        if (next !== undefined) call.schedule(next.until, 'sweep')
      },
      end(call) {
        if (call.state.phase === 'ended') return
        call.setState({ ...call.state, phase: 'ended' }) // [FS8]
        call.record('flash-sale.ended', { seq: call.seq, soldCount: call.state.soldCount })
      },
    },
    recallable: (state, body) => (state.left === body.stock ? true : 'flash_sale.ended'),
    recalled: (call) => call.cancelJob('end'),
  })

// ── the host's checkout ──
const get = serveEndpoint(saleForHost, async (call) => {
  const { body, state } = await call.readCard(flashSale, call.params)
  const { title = '', productId = null, priceFen, startsAt, publicStartsAt = null, endsAt } = body
  const ended = state.phase === 'ended' || call.now >= endsAt
  return { title, productId, priceFen, left: state.left, startsAt, publicStartsAt, endsAt, ended }
})

const takeByHost = serveEndpoint(takeForHost, async (call) => {
  const { userId, quantity } = call.body
  const sale = await call.card(flashSale, call.params)
  if (sale.disbanded) call.fail('group.dissolved')
  if (sale.body === null) call.fail('message.not_found') // It was recalled.
  const member = await sale.findMember(userId)
  return take(sale, userId, quantity, member?.active === true)
})

/**
 * [V3] [FS6] Makes a hold ready that is paid after its time: it lapses if no sweep came by, and takes pieces anew, or
 * is refused. What else its buyer holds by the clock counts against the limit.
 */
async function admitLate(sale: SaleCall, { userId, quantity }: StoredHold): Promise<void> {
  if (sale.disbanded) sale.fail('group.dissolved')
  // Recalled, it has nothing to sell any more.
  if (sale.body === null || sale.state.phase === 'ended') sale.fail('flash_sale.ended')
  const mine = (await sale.mineOf(userId)) ?? nothing
  const isDue = mine.hold !== null && sale.now >= mine.hold.until
  if (mine.hold !== null && isDue) await giveBack(sale, [{ ...mine.hold, userId }], 'timeout')
  const takenCount = mine.boughtCount + (isDue ? 0 : (mine.hold?.quantity ?? 0))
  const { left } = sale.state
  const fault = lateFault(sale.body, quantity, { takenCount, left, now: sale.now })
  if (fault !== undefined) sale.fail(fault)
}
async function sell(sale: SaleCall, hold: StoredHold, orderId: string): Promise<void> {
  const { holdId, userId, quantity } = hold
  const isLate = hold.state === 'lapsed' || sale.now >= hold.until
  if (isLate) await admitLate(sale, hold)
  await moveHolds(sale, [holdId], isLate ? ['lapsed', 'sold'] : ['held', 'sold'], orderId)
  await bindOrder(sale, orderId, holdId)
  setLeft(sale, sale.state.left - (isLate ? quantity : 0), quantity)
  const mine = (await sale.mineOf(userId)) ?? nothing
  const kept = mine.hold?.holdId === holdId ? null : mine.hold
  sale.setMine(userId, { hold: kept, boughtCount: mine.boughtCount + quantity })
  sale.record('flash-sale.sold', { seq: sale.seq, userId, quantity, orderId })
}
/** The order is locked before the card, here and where orders are heard of: nobody waits in a circle. */
const pay = serveEndpoint(payHold, async (call) => {
  const { orderId } = call.body
  const order = await lockOrder(call.tx, call.appId, orderId)
  const sale = await call.card(flashSale, call.params)
  const hold = await findHold(sale, call.params.holdId)
  if (hold === undefined) return call.fail('flash_sale.no_hold')
  const { state, quantity } = hold
  if (state === 'sold' && hold.orderId === orderId) return { quantity } // [FS6]
  const isOrderUsed = order.holdId !== null && order.holdId !== hold.holdId
  const fault = payFault({ state, isOrderEnded: order.isEnded, isOrderUsed })
  if (fault !== undefined) call.fail(fault)
  await sell(sale, hold, orderId)
  return { quantity }
})

const cancel = serveEndpoint(cancelHold, async (call) => {
  const sale = await call.card(flashSale, call.params)
  const hold = await findHold(sale, call.params.holdId)
  if (hold === undefined) return call.fail('flash_sale.no_hold')
  if (hold.state === 'sold') call.fail('flash_sale.hold_paid')
  if (hold.state === 'held') await giveBack(sale, [hold], 'cancelled')
  // Its pieces are back already; from now on no late payment takes it up again.
  if (hold.state === 'lapsed') await moveHolds(sale, [hold.holdId], ['lapsed', 'cancelled'])
  return {}
})

/**
 * [FS7] [FS10] By the fact's name alone: a shop whose host tells of no orders has none of it. That an order ended is
 * kept whatever it was for: it may be reported as paid only later.
 */
const onOrder: Reaction = {
  name: 'flash-sale.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status } = call.fact.data as { orderId: string; status: string }
    if (status !== 'cancelled' && status !== 'refunded') return
    await endOrder(call.tx, call.appId, orderId, call.now)
    for (const { groupId, seq, holdId } of await placesOfOrder(call.tx, call.appId, orderId)) {
      const sale = await call.card(flashSale, { groupId, seq })
      const hold = await findHold(sale, holdId)
      if (hold?.state === 'sold') await refund(sale, hold)
    }
  },
}

export interface FlashSaleOptions {
  /** Who keeps the host's catalogue: the first of them, and without one no sale is posted. */
  readonly products?: readonly ProductKeeper[]
}
export function createFlashSale({ products = [] }: FlashSaleOptions = {}): Feature {
  return defineFeature({
    name: 'flash-sale',
    migrations,
    cards: [cardWith(products[0])],
    endpoints: [get, takeByHost, pay, cancel],
    guards: products.slice(0, 1).map(guardOf),
    reactions: [onOrder],
    audits,
  })
}
