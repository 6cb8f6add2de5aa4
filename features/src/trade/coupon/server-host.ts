/** Serves the host's requests about stocks: making, changing, removing, and issuing in batches. */
import { mainMerchant, memberDay, type UserId } from '@qun/contract'
import { issuerNamed, serveEndpoint, type EndpointCall, type GroupIssuer } from '@qun/core'
import { budgetsOf } from '@qun/ledger'
import {
  changeStock,
  coupon,
  createStock,
  deleteStock,
  heldCoupon,
  issueBatch,
  setStacking,
  stackingOf,
  stockOf,
} from './contract.ts'
import { dayKeyOf, windowFault } from './rules.ts'
import { isStacking, worthOf } from './rules-price.ts'
import { currency, spendFor } from './server-budget.ts'
import {
  changed,
  checkTerms,
  freshCoupon,
  freshItem,
  makeStock,
  statusOf,
  supplyFault,
  termsOf,
  viewOf,
  whatOf,
  withStack,
  withZone,
} from './server-parts.ts'
import { countStates, findStock, listOffers, lockStock, saveStock, type StoredStock } from './store.ts'
import { addItems, readHolders } from './store-items.ts'
import { readStacking, saveStacking } from './store-stacking.ts'

const create = serveEndpoint(createStock, async (call) => {
  const { title, status = 'active' } = call.body
  const { merchantId, timeZone } = await issuerNamed(call, call.body.merchantId)
  const terms = withZone(withStack(call.body.terms), timeZone)
  checkTerms(call, title, terms, await readStacking(call.tx, call.appId, merchantId))
  return { stockId: await makeStock(call, { title: title.trim(), terms, status, groupId: null, merchantId }) }
})

/** [V8] */
const setStack = serveEndpoint(setStacking, async (call) => {
  if (!isStacking(call.body)) call.fail('coupon.stacking_invalid')
  const { merchantId } = await issuerNamed(call, call.query.merchantId)
  await saveStacking(call.tx, call.appId, merchantId, call.body)
  return call.body
})
const readStack = serveEndpoint(stackingOf, (call) =>
  readStacking(call.tx, call.appId, call.query.merchantId ?? mainMerchant),
)

const read = serveEndpoint(stockOf, async (call) => {
  const { tx, appId, now } = call
  const { stockId } = call.params
  const stock = await findStock(tx, appId, stockId)
  if (stock === undefined || stock.status === 'deleted') return call.fail('coupon.not_found')
  const { title, total, issued, setAside, createdAt } = stock
  return {
    stockId,
    merchantId: stock.merchantId,
    title,
    terms: termsOf(stock),
    status: statusOf(stock),
    issued: issued - setAside,
    available: total - issued,
    setAside,
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
  if (issued + locked + returned + stock.setAside > 0) call.fail('coupon.in_use')
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
  const issuer = await issuerNamed(call, stock.merchantId)
  const staffId = call.body.staffId ?? ''
  const userIds = [...new Set(call.body.userIds)]
  const holders = await readHolders(tx, appId, { stockId, batchId }, userIds)
  const countOf = (userId: UserId) => holders.get(userId)?.count ?? 0
  const had = userIds.filter((userId) => holders.get(userId)?.inBatch === true)
  const others = userIds.filter((userId) => !had.includes(userId))
  const atLimit = others.filter((userId) => countOf(userId) >= stock.perUser)
  const wanting = others.filter((userId) => !atLimit.includes(userId))
  const dayFull = await fullDays(call, wanting, worthOf(stock.terms), issuer)
  const lucky = wanting.filter((userId) => !dayFull.includes(userId))
  if (lucky.length === 0) return { issued: 0, held: had.length, atLimit, dayFull }
  if (issuer.isSuspended) call.fail('merchant.suspended') // [MER10]
  const fault = batchFault(stock, lucky.length, now)
  if (fault !== undefined) call.fail(fault)
  const items = lucky.map((userId) => ({
    ...freshItem(call, stock.terms, { stockId, userId, staffId, place }),
    ordinal: countOf(userId) + 1,
  }))
  await addItems(tx, appId, items, { batchId, now })
  await saveStock(tx, appId, counted(stock, lucky.length, now))
  await spendFor(call, items, { userId: staffId as UserId, campaign: stock.terms.campaign }, issuer)
  for (const { ordinal: _, ...item } of items) {
    const { couponId, userId, validUntil } = item
    const fresh = freshCoupon(item, { ...stock, batchId, now })
    call.putUserRecord(userId, heldCoupon, couponId, viewOf(fresh, now))
    call.recordForApp('coupon.claimed', { ...whatOf(fresh), validUntil })
  }
  const dueAt = Math.min(...items.map((item) => item.dueAt))
  if (keeper !== undefined && (keeper.state.sweepAt === null || dueAt < keeper.state.sweepAt)) {
    keeper.setState({ ...keeper.state, sweepAt: dueAt })
    keeper.schedule(dueAt, 'sweep')
  }
  call.recordForApp('coupon.stock-changed', { stockId })
  return { issued: lucky.length, held: had.length + lucky.length, atLimit, dayFull }
})
/** [CP21] Whose day has no room: left out, so that one person does not hold up a batch. */
async function fullDays(call: EndpointCall<any>, userIds: readonly UserId[], worthFen: number, issuer: GroupIssuer) {
  const keys = userIds.map((userId) => ({ ...memberDay(issuer, userId, call.now), currency }))
  const budgets = await budgetsOf(call, keys)
  return userIds.filter((_, i) => {
    const { cap, spent } = budgets[i] ?? { cap: null, spent: 0 }
    return cap !== null && spent + worthFen > cap
  })
}
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
export const hostEndpoints = [create, setStack, readStack, read, change, remove, issue]
