/** Where buying leads: to the host, which owns the checkout. Knows no payment. */
import { useQun } from '@qun/ui'
import { createContext, useContext } from 'react'

/** [PD11] What a member wants to buy, and in which group. */
export interface Purchase {
  readonly productId: string
  readonly groupId: string
  /** The address in the catalogue; absent when the card no longer knows it. */
  readonly url: string | undefined
}
/** [PD11] A host that embeds the kit opens its own page of the product. */
export const ProductBuying = createContext<((purchase: Purchase) => void) | undefined>(undefined)

/** [PD11] The host's handler; else a `qun:buy` event that a page may take over; else the product's address. */
export function useBuy(): {
  readonly canOpen: (url: string | undefined) => boolean
  readonly buy: (purchase: Purchase) => void
} {
  const handler = useContext(ProductBuying)
  const { root } = useQun()
  return {
    canOpen: (url) => handler !== undefined || url !== undefined,
    buy(purchase) {
      if (handler !== undefined) return handler(purchase)
      const event = new CustomEvent('qun:buy', { detail: purchase, bubbles: true, cancelable: true, composed: true })
      const isFree = root.current?.dispatchEvent(event) ?? true
      if (isFree && purchase.url !== undefined) window.open(purchase.url, '_blank', 'noopener,noreferrer')
    },
  }
}
