/** Serves flash sales: glue between the contract, the rules, the store and the host's checkout. */
import { isSafeAddress, type MineOf, type StateOf, type UserId } from '@qun/contract'
import { defineFeature, serveCard, serveEndpoint, type CardCall, type OpenCall, type Reaction } from '@qun/core'
import { cancelHold, flashSale, holdMs, payHold, saleForHost, takeForHost, type Hold } from './contract.ts'
import { countFault, timeFault, timesFit } from './rules.ts'
import {
  addHold,
  audits,
  findHold,
  listStanding,
  migrations,
  placesOfOrder,
  setStatus,
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
type Why = 'timeout' | 'given_up' | 'cancelled' | 'refunded'
/** [FS5] Pieces go back on sale and their holders are told; the caller has seen that they are not back yet. */
async function giveBack(call: SaleCall, holds: readonly Given[], why: Why): Promise<void> {
  await setStatus(
    call,
    holds.map((hold) => hold.holdId),
    'returned',
  )
  for (const { holdId, userId, quantity } of holds) {
    const mine = (await call.mineOf(userId)) ?? nothing
    const isSold = why === 'refunded'
    call.setMine(userId, {
      hold: mine.hold?.holdId === holdId ? null : mine.hold,
      boughtCount: mine.boughtCount - (isSold ? quantity : 0),
    })
    setLeft(call, call.state.left + quantity, isSold ? -quantity : 0)
    call.record('flash-sale.returned', { seq: call.seq, userId, quantity, why })
  }
}
function setLeft(call: SaleCall, left: number, sold = 0): void {
  if (left === 0 && call.state.left > 0) call.record('flash-sale.sold-out', { seq: call.seq })
  call.setState({ ...call.state, left, soldCount: call.state.soldCount + sold })
}

async function open(call: OpenCall<typeof flashSale>): Promise<StateOf<typeof flashSale>> {
  const { body } = call
  if (!timesFit(body, call.now)) call.fail('flash_sale.times_invalid')
  if (body.priceFen >= body.originalPriceFen) call.fail('flash_sale.price_invalid')
  if (body.url !== undefined && !isSafeAddress(body.url)) call.fail('card.url_scheme')
  call.schedule(body.endsAt, 'end')
  return { phase: 'on', left: body.stock, soldCount: 0 }
}

const card = serveCard(flashSale, {
  open: (call) => open(call),
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
  const { title, productId = null, priceFen, startsAt, publicStartsAt = null, endsAt } = body
  const ended = state.phase === 'ended' || call.now >= endsAt
  return { title, productId, priceFen, left: state.left, startsAt, publicStartsAt, endsAt, ended }
})

const takeByHost = serveEndpoint(takeForHost, async (call) => {
  const { userId, quantity } = call.body
  const sale = await call.card(flashSale, call.params)
  if (sale.disbanded) call.fail('group.dissolved')
  const member = await sale.findMember(userId)
  return take(sale, userId, quantity, member?.active === true)
})

const pay = serveEndpoint(payHold, async (call) => {
  const sale = await call.card(flashSale, call.params)
  const hold = await findHold(sale, call.params.holdId)
  const { orderId } = call.body
  if (hold === undefined) return call.fail('flash_sale.no_hold')
  const { holdId, userId, quantity } = hold
  if (hold.status === 'sold' && hold.orderId === orderId) return { quantity } // [FS6]
  if (hold.status === 'sold') return call.fail('flash_sale.hold_over')
  const isLate = hold.status === 'returned'
  if (isLate && (hold.orderId !== null || quantity > sale.state.left)) return call.fail('flash_sale.hold_over')
  await setStatus(sale, [holdId], 'sold', orderId)
  setLeft(sale, sale.state.left - (isLate ? quantity : 0), quantity)
  const mine = (await sale.mineOf(userId)) ?? nothing
  const kept = mine.hold?.holdId === holdId ? null : mine.hold
  sale.setMine(userId, { hold: kept, boughtCount: mine.boughtCount + quantity })
  sale.record('flash-sale.sold', { seq: sale.seq, userId, quantity, orderId })
  return { quantity }
})

const cancel = serveEndpoint(cancelHold, async (call) => {
  const sale = await call.card(flashSale, call.params)
  const hold = await findHold(sale, call.params.holdId)
  if (hold === undefined) return call.fail('flash_sale.no_hold')
  if (hold.status === 'sold') call.fail('flash_sale.hold_over')
  if (hold.status === 'held') await giveBack(sale, [hold], 'cancelled')
  return {}
})

/** [FS7] By the fact's name alone: a shop whose host tells of no orders has none of it. */
const onOrder: Reaction = {
  name: 'flash-sale.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status } = call.fact.data as { orderId: string; status: string }
    if (status !== 'cancelled' && status !== 'refunded') return
    for (const { groupId, seq, holdId } of await placesOfOrder(call.tx, call.appId, orderId)) {
      const sale = await call.card(flashSale, { groupId, seq })
      const hold = await findHold(sale, holdId)
      if (hold?.status !== 'sold') continue
      await giveBack(sale, [hold], 'refunded')
    }
  },
}

export default defineFeature({
  name: 'flash-sale',
  migrations,
  cards: [card],
  endpoints: [get, takeByHost, pay, cancel],
  reactions: [onOrder],
  audits,
})
