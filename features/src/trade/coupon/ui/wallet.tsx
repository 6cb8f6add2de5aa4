/** What the sheet of the viewer's coupons holds: three lists, and one coupon with its code. */
import { MoreBelow, usePages, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import { myCoupons, type Coupon, type CouponList } from '../contract.ts'
import { CodeView } from './code-view.tsx'
import { useHeld, whenText, type Held } from './held.ts'
import { couponTexts, fromText, heldUntilText, untilText, usedText } from './texts.ts'
import { Ticket } from './ticket.tsx'

const lists = [
  { list: 'available', label: couponTexts.available },
  { list: 'used', label: couponTexts.used },
  { list: 'over', label: couponTexts.gone },
] as const

export function WalletContent({ first }: { readonly first: string | undefined }) {
  const text = useText()
  const held = useHeld()
  const [list, setList] = useState<CouponList>('available')
  // Kept after it left the stream, so that its holder sees it was redeemed.
  const [shown, setShown] = useState<Coupon | undefined>(
    () => held.find(({ coupon }) => coupon.couponId === first)?.coupon,
  )
  if (shown !== undefined) return <CodeView coupon={shown} onBack={() => setShown(undefined)} />
  return (
    <div className="qun-wallet">
      <div className="qun-wallet__tabs" role="tablist" aria-label={text(couponTexts.mine)}>
        {lists.map((one) => (
          <button
            key={one.list}
            type="button"
            role="tab"
            id={`qun-wallet-${one.list}`}
            aria-selected={one.list === list}
            aria-controls="qun-wallet-panel"
            className="qun-wallet__tab"
            onClick={() => setList(one.list)}
          >
            {text(one.label)}
          </button>
        ))}
      </div>
      <div id="qun-wallet-panel" role="tabpanel" aria-labelledby={`qun-wallet-${list}`}>
        {list === 'available' ? <Available held={held} onPick={setShown} /> : <Past key={list} list={list} />}
      </div>
    </div>
  )
}
function Available({ held, onPick }: { readonly held: readonly Held[]; readonly onPick: (coupon: Coupon) => void }) {
  const { client, locale } = useQun()
  const text = useText()
  if (held.length === 0) return <Nothing isFirst />
  const now = client.serverNow()
  const validOf = ({ coupon, state }: Held) => {
    if (state === 'locked') return text(heldUntilText(whenText(coupon.lockedUntil ?? now, locale)))
    return text(
      now < coupon.validFrom
        ? fromText(whenText(coupon.validFrom, locale))
        : untilText(whenText(coupon.validUntil, locale)),
    )
  }
  const stampOf = ({ coupon, state }: Held) =>
    state === 'locked'
      ? text(couponTexts.held)
      : coupon.isReminded
        ? text(couponTexts.soon)
        : state === 'returned'
          ? text(couponTexts.returned)
          : undefined
  return (
    <ul className="qun-wallet__list">
      {held.map((one) => (
        <li key={one.coupon.couponId}>
          <button type="button" className="qun-wallet__coupon" onClick={() => onPick(one.coupon)}>
            <Ticket
              terms={one.coupon.terms}
              title={one.coupon.title}
              valid={validOf(one)}
              stamp={stampOf(one)}
              tone={one.state === 'locked' ? 'faded' : 'ready'}
            />
          </button>
        </li>
      ))}
    </ul>
  )
}
function Past({ list }: { readonly list: 'used' | 'over' }) {
  const { client, locale } = useQun()
  const text = useText()
  const pages = usePages(list, async (cursor) => {
    const page = await client.call(myCoupons, { query: { list, limit: 20, ...(cursor !== undefined && { cursor }) } })
    return { items: page.coupons, cursor: page.cursor }
  })
  const stampOf = ({ state }: Coupon) =>
    text(state === 'used' ? couponTexts.used : state === 'voided' ? couponTexts.voided : couponTexts.expired)
  return (
    <>
      {pages.done && pages.items.length === 0 && <Nothing />}
      <ul className="qun-wallet__list">
        {pages.items.map((coupon) => (
          <li key={coupon.couponId}>
            <Ticket
              terms={coupon.terms}
              title={coupon.title}
              valid={text(
                coupon.usedAt !== null && coupon.state === 'used'
                  ? usedText(whenText(coupon.usedAt, locale))
                  : untilText(whenText(coupon.validUntil, locale)),
              )}
              stamp={stampOf(coupon)}
              tone="faded"
            />
          </li>
        ))}
      </ul>
      <MoreBelow pages={pages} />
    </>
  )
}
function Nothing({ isFirst = false }: { readonly isFirst?: boolean }) {
  const text = useText()
  return (
    <p className="qun-wallet__none">
      {text(couponTexts.none)}
      {isFirst && <small>{text(couponTexts.noneHint)}</small>}
    </p>
  )
}
