/** Where an order is paid or given up: the host's own sheet, paying is never the chat's business. */
import { moneyText } from '@qun/ui'
import { MoneySheet, useDeal, type DealProps } from './sheet.tsx'
import { words } from './words.ts'

export function Cashier({ order, shop, lang, onDone, onClose }: DealProps) {
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
