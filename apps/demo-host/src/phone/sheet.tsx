/** The shop's sheet from below about an amount of money, and what its buttons do: told in a toast, once at a time. */
import { moneyText, useQun } from '@qun/ui'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import type { Order } from '../dealings.ts'
import type { Lang, Words } from '../story.ts'
import { ShopRefused, type Shop } from './shop-api.ts'
import { refusalText, words } from './words.ts'

/** A toast for what went wrong: the shop's reason, or that it is away. */
export function useComplaint(lang: Lang): (error: unknown) => void {
  const { toast } = useQun()
  return (error) =>
    toast(error instanceof ShopRefused ? refusalText(error.message)[lang] : words.failed[lang], 'danger')
}

/** What became of an order, as a toast says it. */
const said: Partial<Record<Order['state'], Words>> = {
  authorised: words.authorisedToast,
  cancelled: words.cancelledToast,
  refunded: words.refundedToast,
}
/** A button's work on an order: `onDone` once the shop has answered, with yes or with no. */
export function useDeal(lang: Lang, order: Order | undefined, onDone: () => void) {
  const { toast } = useQun()
  const complain = useComplaint(lang)
  const [busy, setBusy] = useState(false)
  const run = async (step: (orderId: string) => Promise<Order>) => {
    if (order === undefined) return
    setBusy(true)
    try {
      const { state } = await step(order.orderId)
      toast((said[state] ?? words.paidToast)[lang])
    } catch (error) {
      complain(error)
      // The shop was away: the order is as it was.
      if (!(error instanceof ShopRefused)) return
    } finally {
      setBusy(false)
    }
    onDone()
  }
  return { busy, run }
}

/** What each sheet about an order is given. */
export interface DealProps {
  /** Open while there is one. */
  readonly order: Order | undefined
  readonly shop: Shop
  readonly lang: Lang
  /** The shop has answered, with yes or with no: the order is what it is. */
  readonly onDone: () => void
  /** Left as it is. */
  readonly onClose: () => void
}
export interface MoneySheetProps {
  readonly title: string
  /** Open while there is one. */
  readonly order: Order | undefined
  readonly note: string
  readonly onClose: () => void
  /** Its buttons; `close` leaves the order as it is. */
  readonly children: (close: () => void) => ReactNode
}
export function MoneySheet({ title, order, note, onClose, children }: MoneySheetProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const isOpen = order !== undefined
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    <dialog ref={dialog} className="cashier" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      <p className="cashier__amount">{moneyText(order?.amountFen ?? 0)}</p>
      <p className="cashier__note">{note}</p>
      {children(() => dialog.current?.close())}
    </dialog>
  )
}
