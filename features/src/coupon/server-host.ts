/** Serves the host's requests about stocks: making, changing, removing, and issuing in batches. */
import { serveEndpoint, type EndpointCall } from '@qun/core'
import {
  changeStock,
  coupon,
  createStock,
  deleteStock,
  heldCoupon,
  issueBatch,
  stockOf,
  type Coupon,
} from './contract.ts'
import { validityOf, windowFault, dayKeyOf } from './rules.ts'
import { stackGroupOf } from './rules-price.ts'
import { changed, checkTerms, firstDueAt, makeStock, statusOf, supplyFault, termsOf } from './server-parts.ts'
import { countStates, findStock, listOffers, lockStock, saveStock, type StoredStock } from './store.ts'
import { addItems, readHolders } from './store-items.ts'

const create = serveEndpoint(createStock, async (call) => {
  const { title, terms, status = 'active' } = call.body
  checkTerms(call, title, terms)
  return { stockId: await makeStock(call, { title: title.trim(), terms, status, groupId: null }) }
})

const read = serveEndpoint(stockOf, async (call) => {
  const { tx, appId, now } = call
  const { stockId } = call.params
  const stock = await findStock(tx, appId, stockId)
  if (stock === undefined || stock.status === 'deleted') return call.fail('coupon.not_found')
  const { title, total, issued, createdAt } = stock
  return {
    stockId,
    title,
    terms: termsOf(stock),
    status: statusOf(stock),
    issued,
    available: total - issued,
    counts: await countStates(tx, appId, stockId, now),
    offers: await listOffers(tx, appId, stockId),
    createdAt,
  }
})

async function lockLiving(call: EndpointCall<any>, stockId: string): Promise<StoredStock> {
  const stock = await lockStock(call.tx, call.appId, stockId)
  return stock === undefined || stock.status === 'deleted' ? call.fail('coupon.not_found') : stock
}
const change = serveEndpoint(changeStock, async (call) => {
  const next = changed(call, await lockLiving(call, call.params.stockId), call.body)
  await saveStock(call.tx, call.appId, next)
  call.recordForApp('coupon.stock-changed', { stockId: next.stockId })
  return { status: statusOf(next), total: next.total, available: next.total - next.issued }
})
/** [CP16] Nobody may be left with a coupon of a stock that is gone. */
const remove = serveEndpoint(deleteStock, async (call) => {
  const { tx, appId, now } = call
  const stock = await lockLiving(call, call.params.stockId)
  const { issued, locked, returned } = await countStates(tx, appId, stock.stockId, now)
  if (issued + locked + returned > 0) call.fail('coupon.in_use')
  await saveStock(tx, appId, { ...stock, status: 'deleted' })
  call.recordForApp('coupon.stock-changed', { stockId: stock.stockId })
  return {}
})

/** [C9] Whoever has a coupon of the batch gets no second one: a call repeated after any failure ends with one each. */
const issue = serveEndpoint(issueBatch, async (call) => {
  const { tx, appId, now } = call
  const { stockId, batchId } = call.params
  const [place] = await listOffers(tx, appId, stockId)
  // The card whose job will look after them; locked before the stock, as in a claim.
  const keeper = place === undefined ? undefined : await call.card(coupon, place)
  const stock = await lockLiving(call, stockId)
  const userIds = [...new Set(call.body.userIds)]
  const holders = await readHolders(tx, appId, { stockId, batchId }, userIds)
  const had = userIds.filter((userId) => holders.get(userId)?.inBatch === true)
  const others = userIds.filter((userId) => !had.includes(userId))
  const atLimit = others.filter((userId) => (holders.get(userId)?.count ?? 0) >= stock.perUser)
  const lucky = others.filter((userId) => !atLimit.includes(userId))
  if (lucky.length === 0) return { issued: 0, held: had.length, atLimit }
  const fault = batchFault(stock, lucky.length, now)
  if (fault !== undefined) call.fail(fault)
  const { from: validFrom, until: validUntil } = validityOf(stock.terms, now)
  const dueAt = firstDueAt(validUntil, now)
  const items = lucky.map((userId) => ({
    couponId: `cpn_${call.randomHex(12)}`,
    stockId,
    userId,
    validFrom,
    validUntil,
    dueAt,
    stackGroup: stackGroupOf(stock.terms),
    ordinal: (holders.get(userId)?.count ?? 0) + 1,
  }))
  await addItems(tx, appId, items, { batchId, place, now })
  await saveStock(tx, appId, counted(stock, lucky.length, now))
  for (const { couponId, userId } of items) {
    call.putUserRecord(userId, heldCoupon, couponId, freshView(stock, { couponId, validFrom, validUntil }, now))
    call.recordForApp('coupon.claimed', { couponId, stockId, userId, validUntil })
  }
  if (keeper !== undefined && (keeper.state.sweepAt === null || dueAt < keeper.state.sweepAt)) {
    keeper.setState({ ...keeper.state, sweepAt: dueAt })
    keeper.schedule(dueAt, 'sweep')
  }
  call.recordForApp('coupon.stock-changed', { stockId })
  return { issued: lucky.length, held: had.length + lucky.length, atLimit }
})
/** A batch may come before its window opens, never after it. */
function batchFault(stock: StoredStock, wanted: number, now: number) {
  const from = Math.min(stock.claimFrom, now)
  const late = windowFault({ status: statusOf(stock), from, until: stock.claimUntil }, now)
  return late ?? supplyFault(stock, wanted, now)
}
function counted(stock: StoredStock, more: number, now: number): StoredStock {
  const today = dayKeyOf(now, stock.terms.timeZone)
  const isNewDay = stock.dayKey < today
  return {
    ...stock,
    issued: stock.issued + more,
    dayKey: isNewDay ? today : stock.dayKey,
    dayIssued: (isNewDay ? 0 : stock.dayIssued) + more,
  }
}
function freshView(
  { stockId, title, terms }: StoredStock,
  made: Pick<Coupon, 'validFrom' | 'validUntil'> & { readonly couponId: string },
  now: number,
): Coupon {
  return {
    ...made,
    stockId,
    title,
    terms,
    state: 'issued',
    orderId: null,
    lockedUntil: null,
    claimedAt: now,
    usedAt: null,
    isReminded: false,
    groupId: null,
  }
}
export const hostEndpoints = [create, read, change, remove, issue]
