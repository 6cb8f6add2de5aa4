/** Where an order is paid or given up: the host's own sheet, paying is never the chat's business. */
import { moneyText, useQun } from '@qun/ui'
import { useEffect, useId, useRef, useState } from 'react'
import type { Lang } from '../story.ts'
import { ShopRefused, type Order, type Shop } from './shop-api.ts'
import { refusalText, words } from './words.ts'

/** A toast for what went wrong: the shop's reason, or that it is away. */
export function useComplaint(lang: Lang): (error: unknown) => void {
  const { toast } = useQun()
  return (error) =>
    toast(error instanceof ShopRefused ? refusalText(error.message)[lang] : words.failed[lang], 'danger')
}

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
  const { toast } = useQun()
  const complain = useComplaint(lang)
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [busy, setBusy] = useState(false)
  const isOpen = order !== undefined
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  const run = (settle: (orderId: string) => Promise<Order>) => async () => {
    if (order === undefined) return
    setBusy(true)
    try {
      const { state } = await settle(order.orderId)
      const said = { authorised: words.authorisedToast, cancelled: words.cancelledToast }[state as 'cancelled']
      toast((said ?? words.paidToast)[lang])
    } catch (error) {
      complain(error)
      // The shop was away: the order still waits.
      if (!(error instanceof ShopRefused)) return
    } finally {
      setBusy(false)
    }
    onDone()
  }
  const pay = run(shop.pay)
  const cancel = run(shop.cancel)
  const amount = moneyText(order?.amountFen ?? 0)
  return (
    <dialog ref={dialog} className="cashier" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{words.cashier[lang]}</h2>
      <p className="cashier__amount">{amount}</p>
      <p className="cashier__note">{order?.kept?.kind === 'group-buy' ? words.teamNote[lang] : words.payNote[lang]}</p>
      <button type="button" className="button button--wide" disabled={busy} onClick={() => void pay()}>
        {words.payNow[lang]} {amount}
      </button>
      <div className="cashier__more">
        <button type="button" className="button button--plain" disabled={busy} onClick={() => void cancel()}>
          {words.giveUp[lang]}
        </button>
        <button type="button" className="button button--plain" onClick={() => dialog.current?.close()}>
          {words.later[lang]}
        </button>
      </div>
    </dialog>
  )
}
