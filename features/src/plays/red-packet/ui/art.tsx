/** The envelope and its seal, drawn in the packet's own two colours. */
import { icon } from '@qun/ui'

/** Closed, or with its flap up. Decorative. */
export function Envelope({ open = false }: { readonly open?: boolean }) {
  return (
    <svg className="qun-packet__envelope" viewBox="0 0 40 48" aria-hidden="true" focusable="false">
      {open ? (
        <>
          <path className="qun-packet__paper" d="M3 18h34v25a4 4 0 0 1-4 4H7a4 4 0 0 1-4-4z" />
          <path className="qun-packet__flap" d="M3 18 20 5l17 13-17 9z" />
        </>
      ) : (
        <>
          <rect className="qun-packet__paper" x="3" y="1" width="34" height="46" rx="4" />
          <path
            className="qun-packet__flap"
            d="M3 5a4 4 0 0 1 4-4h26a4 4 0 0 1 4 4v7c-4.5 6-10.5 9-17 9S7.5 18 3 12z"
          />
          <circle className="qun-packet__seal" cx="20" cy="21" r="6.5" />
          <path className="qun-packet__sealmark" d="M17.6 18.6h4.8v4.8h-4.8z" />
        </>
      )}
    </svg>
  )
}

/** In the plus menu: one stroke, like the kit's own pictograms. */
export const PacketIcon = icon(
  'Packet',
  <g className="qun-packet__sign">
    <rect x="5" y="2.5" width="14" height="19" rx="2.4" />
    <path d="M5 6.8c2.2 2.3 4.4 3.4 7 3.4s4.8-1.1 7-3.4" />
    <circle cx="12" cy="10.6" r="2.4" fill="var(--qun-surface)" />
  </g>,
)
