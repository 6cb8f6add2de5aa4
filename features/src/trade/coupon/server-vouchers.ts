/**
 * Coupons as pieces a packet can give: the ledger's currency `voucher:<stockId>` counts units set aside. Which feature
 * gives them away is not its business; it is handed to that one where the server's features are listed.
 */
import type { AppId, GroupId, MemberRow, UserId } from '@qun/contract'
import { issuerNamed, type Call, type Reaction } from '@qun/core'
import type { Transfer } from '@qun/ledger'
import type { Tx } from '@qun/storage'
import { coupon, heldCoupon } from './contract.ts'
import { isEligible, validityOf, windowFault } from './rules.ts'
import { spendFor } from './server-budget.ts'
import { freshCoupon, freshItem, spendingOf, statusOf, viewOf, whatOf } from './server-parts.ts'
import { refresh } from './server-stock.ts'
import { findStock, levelOf, listOffers, lockStock, type StoredStock } from './store.ts'
import { addItems, nextDueAt } from './store-items.ts'
import { countHeld, issueAside, listOffered, moveAside } from './store-vouchers.ts'

const prefix = 'voucher:cps_'
const keeps = (currency: string): boolean => currency.startsWith(prefix)
const stockIdOf = (currency: string): string => currency.slice('voucher:'.length)
const currencyOf = (stockId: string): string => `voucher:${stockId}`
const issuerOf = (stockId: string): string => `issuer/${stockId}`

interface Pieces {
  readonly currency: string
  readonly amount: number
}
type PlacedCall = Call & { readonly groupId: GroupId }
interface Reading {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
}

/** [CP24] A stock this group offers, open to be claimed now, whose coupons would not be over. */
function isGivable(stock: StoredStock | undefined, groupId: GroupId, now: number): stock is StoredStock {
  if (stock === undefined || stock.status === 'deleted') return false
  const groups = stock.terms.audience?.groupIds
  return !isOver(stock, now) && (groups === undefined || groups.includes(groupId))
}
/** [C8] [CP25] The window of a claim holds for a packet as well; what was set aside before does not outlive it. */
function isOver(stock: StoredStock, now: number): boolean {
  const window = { status: statusOf(stock), from: stock.claimFrom, until: stock.claimUntil }
  return windowFault(window, now) !== undefined || validityOf(stock.terms, now).until <= now
}

async function list({ tx, appId, now }: Reading, groupId: GroupId) {
  const stocks: StoredStock[] = []
  for (const stockId of await listOffered(tx, appId, groupId)) {
    const stock = await findStock(tx, appId, stockId)
    if (isGivable(stock, groupId, now)) stocks.push(stock)
  }
  return stocks.map(({ stockId, title, total, issued, perUser }) => ({
    currency: currencyOf(stockId),
    title,
    left: total - issued,
    most: perUser,
  }))
}

/** [CP23] [CP24] */
async function setAside(call: PlacedCall, { currency, amount }: Pieces) {
  const { tx, appId, groupId, now } = call
  const stockId = stockIdOf(currency)
  const stock = await lockStock(tx, appId, stockId)
  if (!isGivable(stock, groupId, now)) return undefined
  if (!(await listOffers(tx, appId, stockId)).some((offer) => offer.groupId === groupId)) return undefined
  if (!(await moveAside(tx, appId, stockId, amount))) return undefined
  return { account: issuerOf(stockId), title: stock.title, most: stock.perUser }
}
/** [CP25] As a claim on a card is refused; only a day's limit is not asked: the units are set aside already. */
async function faultOf(call: PlacedCall, { currency, amount }: Pieces, member: MemberRow) {
  const { tx, appId, groupId, now } = call
  const stockId = stockIdOf(currency)
  const stock = await lockStock(tx, appId, stockId)
  if (stock === undefined || isOver(stock, now)) return 'over'
  const { terms, perUser } = stock
  const { levelMin } = terms.audience ?? {}
  const { userId } = member
  if (!isEligible(terms, member, now)) return 'not_eligible'
  if (levelMin !== undefined && (await levelOf(tx, appId, { groupId, userId })) < levelMin) return 'not_eligible'
  return (await countHeld(tx, appId, stockId, userId)) + amount > perUser ? 'limit' : undefined
}
/** [CP23] [CP26] Coupons in the place of pieces that the caller burns in the same decision, as is told here. */
async function give(
  call: PlacedCall,
  { currency, amount }: Pieces,
  { userId, senderId }: { readonly userId: UserId; readonly senderId: UserId },
): Promise<Transfer> {
  const { tx, appId, now } = call
  const stockId = stockIdOf(currency)
  const stock = (await lockStock(tx, appId, stockId)) ?? call.fail('coupon.not_found')
  const { terms, title } = stock
  await issueAside(tx, appId, stockId, amount)
  const held = await countHeld(tx, appId, stockId, userId)
  // The card whose job will look after them.
  const [place] = await listOffers(tx, appId, stockId)
  const items = Array.from({ length: amount }, (_, i) => ({
    ...freshItem(call, terms, { stockId, userId, staffId: senderId, place }),
    ordinal: held + i + 1,
  }))
  await addItems(tx, appId, items, { batchId: null, now })
  const giver = { userId: senderId, campaign: terms.campaign }
  await spendFor(call, items, giver, await issuerNamed(call, stock.merchantId))
  for (const { ordinal: _, ...item } of items) {
    const { couponId, validUntil } = item
    const fresh = freshCoupon(item, { title, terms, batchId: null, merchantId: stock.merchantId, now })
    call.putUserRecord(userId, heldCoupon, couponId, viewOf(fresh, now))
    call.recordForApp('coupon.claimed', { ...whatOf(fresh), validUntil })
  }
  return {
    ref: `${spendingOf(items[0]?.couponId ?? '')}/burn`,
    currency,
    legs: [
      { account: `user/${userId}`, amount: -amount },
      { account: issuerOf(stockId), amount },
    ],
    reason: 'coupon.given',
    groupId: call.groupId,
  }
}
/** [CP23] */
async function takeBack({ tx, appId }: PlacedCall, { currency, amount }: Pieces): Promise<void> {
  await moveAside(tx, appId, stockIdOf(currency), -amount)
}

export const couponVouchers = { keeps, list, setAside, faultOf, takeBack, give }

/** [CP23] [CP14] Cards show what is left after a packet, and the one that looks after its coupons learns when. */
const follow = (on: string): Reaction => ({
  name: `${on}.coupons`,
  on,
  async handle(call) {
    const { currency } = call.fact.data as { currency: string }
    if (!keeps(currency)) return
    const { tx, appId } = call
    for (const place of await listOffers(tx, appId, stockIdOf(currency))) {
      const card = await call.card(coupon, place)
      const stock = await findStock(tx, appId, stockIdOf(currency))
      if (stock !== undefined) refresh(card, stock)
      const dueAt = await nextDueAt(tx, appId, place)
      if (dueAt === null || (card.state.sweepAt !== null && card.state.sweepAt <= dueAt)) continue
      card.setState({ ...card.state, sweepAt: dueAt })
      card.schedule(dueAt, 'sweep')
    }
  },
})
export const onPackets: readonly Reaction[] = [
  'red-packet.sent',
  'red-packet.opened',
  'red-packet.expired',
  'red-packet.revoked',
].map(follow)
