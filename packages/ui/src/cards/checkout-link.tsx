/**
 * The way from a card to the host's own checkout. A page that embeds the chat takes it over by preventing the event
 * `qun:checkout`, and opens a page of its own; else the address opens. Knows no play and no payment.
 */
import type { MouseEvent, ReactNode } from 'react'

/** What waits to be paid, where it is kept. */
export interface CheckoutAsked {
  /** The kind of the card. */
  readonly kind: string
  /** Its id: of a hold, of a place. */
  readonly id: string
  readonly groupId: string
  readonly seq: number
}
export interface CheckoutLinkProps {
  /** The host's address; what is asked for is added to it. */
  readonly url: string
  /** What the id is called in the address: `hold`. */
  readonly name: string
  readonly asked: CheckoutAsked
  readonly children: ReactNode
}
export function checkoutAddress({ url, name, asked }: Omit<CheckoutLinkProps, 'children'>): string {
  const query = new URLSearchParams({ [name]: asked.id, group: asked.groupId, seq: String(asked.seq) })
  const [page = '', hash] = url.split('#')
  return `${page}${page.includes('?') ? '&' : '?'}${query}${hash === undefined ? '' : `#${hash}`}`
}
export function CheckoutLink({ children, ...link }: CheckoutLinkProps) {
  const open = (tap: MouseEvent<HTMLAnchorElement>) => {
    const detail: CheckoutAsked = link.asked
    const event = new CustomEvent('qun:checkout', { detail, bubbles: true, cancelable: true, composed: true })
    if (!tap.currentTarget.dispatchEvent(event)) tap.preventDefault()
  }
  return (
    <a
      className="qun-button qun-button--accent qun-button--wide"
      href={checkoutAddress(link)}
      target="_blank"
      rel="noopener noreferrer"
      onClick={open}
    >
      <span className="qun-button__label">{children}</span>
    </a>
  )
}
