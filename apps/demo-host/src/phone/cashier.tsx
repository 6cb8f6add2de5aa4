/** Where an order is paid or given up: the host's own sheet, paying is never the chat's business. */
import { moneyText } from '@qun/ui'
import type { Order } from '../dealings.ts'
import type { Lang } from '../story.ts'
import { MoneySheet, useDeal } from './sheet.tsx'
import type { Shop } from './shop-api.ts'
import { words } from './words.ts'

export interface CashierProps {
  readonly order: Order | undefined
  readonly shop: Shop
  readonly lang: Lang
  /** Paid, given up, or refused: the order is what it is. */
  readonly onDone: () => void
  /** Left as it is, to be paid later. */
  readonly onClose: () => void
}
export function Cashier({ order, shop, lang, onDone, onClose }: CashierProps) {
  const { busy, run } = useDeal(lang, order, onDone)
  const note = order?.kept?.kind === 'group-buy' ? words.teamNote : words.payNote
  return (
    <MoneySheet title={words.cashier[lang]} order={order} note={note[lang]} onClose={onClose}>
      {(close) => (
        <>
          <button type="button" className="button button--wide" disabled={busy} onClick={() => void run(shop.pay)}>
            {words.payNow[lang]} {moneyText(order?.amountFen ?? 0)}
          </button>
          <div className="cashier__more">
            <button
              type="button"
              className="button button--plain"
              disabled={busy}
              onClick={() => void run(shop.cancel)}
            >
              {words.giveUp[lang]}
            </button>
            <button type="button" className="button button--plain" onClick={close}>
              {words.later[lang]}
            </button>
          </div>
        </>
      )}
    </MoneySheet>
  )
}
