/** Cards follow their stock: what the host changed, or the last claim on another card, is shown on all of them. */
import type { CardCall, Reaction } from '@qun/core'
import { coupon } from './contract.ts'
import { dayKeyOf } from './rules.ts'
import { statusOf } from './server-parts.ts'
import { findStock, listOffers, type StoredStock } from './store.ts'

/** Shows on a card what its stock is now. */
export function refresh(call: Pick<CardCall<typeof coupon>, 'state' | 'setState' | 'now'>, stock: StoredStock): void {
  const { total, issued, perDay, claimUntil } = stock
  const today = dayKeyOf(call.now, stock.terms.timeZone)
  const left = perDay === null ? 0 : Math.max(0, perDay - (stock.dayKey < today ? 0 : stock.dayIssued))
  const next = {
    ...call.state,
    status: statusOf(stock),
    total,
    left: total - issued,
    perDay,
    day: perDay === null ? null : { key: stock.dayKey < today ? today : stock.dayKey, left },
    claimUntil,
  }
  if (JSON.stringify(next) !== JSON.stringify(call.state)) call.setState(next)
}

const follow = (on: 'coupon.sold-out' | 'coupon.stock-changed'): Reaction => ({
  name: `${on}.cards`,
  on,
  async handle(call) {
    const { stockId } = call.fact.data as { stockId: string }
    for (const place of await listOffers(call.tx, call.appId, stockId)) {
      const card = await call.card(coupon, place)
      const stock = await findStock(call.tx, call.appId, stockId)
      if (stock !== undefined) refresh(card, stock)
    }
  },
})
export const onStockChanged: readonly Reaction[] = [follow('coupon.sold-out'), follow('coupon.stock-changed')]
