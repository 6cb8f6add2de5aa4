/** Where a paid order is given back: what comes back is said before, and what the buyer got for it goes. */
import { MoneySheet, useDeal, type DealProps } from './sheet.tsx'
import { refundNote, words } from './words.ts'

export function Refund({ order, shop, lang, onDone, onClose }: DealProps) {
  const { busy, run } = useDeal(lang, order, onDone)
  const note = refundNote({ points: order?.points ?? 0, hasCoupon: order?.couponId !== undefined })
  return (
    <MoneySheet title={words.refund[lang]} order={order} note={note[lang]} onClose={onClose}>
      {(close) => (
        <>
          <button type="button" className="button button--wide" disabled={busy} onClick={() => void run(shop.refund)}>
            {words.refundNow[lang]}
          </button>
          <div className="cashier__more">
            <button type="button" className="button button--plain" onClick={close}>
              {words.keepOrder[lang]}
            </button>
          </div>
        </>
      )}
    </MoneySheet>
  )
}
