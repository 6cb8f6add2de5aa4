/** Where a paid order is given back: what comes back is said before, and what the buyer got for it goes. */
import type { Order } from '../dealings.ts'
import type { Lang } from '../story.ts'
import { MoneySheet, useDeal } from './sheet.tsx'
import type { Shop } from './shop-api.ts'
import { refundNote, words } from './words.ts'

export interface RefundProps {
  readonly order: Order | undefined
  readonly shop: Shop
  readonly lang: Lang
  readonly onDone: () => void
  readonly onClose: () => void
}
export function Refund({ order, shop, lang, onDone, onClose }: RefundProps) {
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
