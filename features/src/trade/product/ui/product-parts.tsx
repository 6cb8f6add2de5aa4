/** The parts of a product that cards, rows and the shelf share: its picture, its price, what is left of it. */
import { moneyText, useText } from '@qun/ui'
import { useState } from 'react'
import type { LiveProduct } from '../contract.ts'
import { availabilityOf, isAllowedAddress, offerOf } from '../rules.ts'
import { BagIcon } from './icon.tsx'
import { leftText, productTexts } from './texts.ts'

/** Decorative: the title stands beside it. A bag where there is no picture, or a broken one. */
export function ProductPicture({
  image,
  size,
}: {
  readonly image: string | undefined
  readonly size: 'wide' | 'row' | 'tile'
}) {
  const [broken, setBroken] = useState<string>()
  const shown = image !== undefined && isAllowedAddress(image) && broken !== image
  return (
    <span className={`qun-product__picture qun-product__picture--${size}`} aria-hidden="true">
      {shown ? (
        <img src={image} alt="" loading="lazy" draggable={false} onError={() => setBroken(image)} />
      ) : (
        <BagIcon size={size === 'wide' ? 44 : 24} />
      )}
    </span>
  )
}

export interface PriceProps {
  readonly live: LiveProduct
  /** [PD4] The price when the card was posted. */
  readonly sharedFen?: number | undefined
  readonly large?: boolean
}
/** [PD4] What it costs here; the shop's price when the group's is lower; and the price that no longer holds, struck. */
export function Price({ live, sharedFen, large = false }: PriceProps) {
  const text = useText()
  const { priceFen, struckFen, groupPriceFen } = offerOf(live, sharedFen)
  const struck = struckFen !== undefined && (
    <s className="qun-product__struck">
      <span className="qun-hidden">{text(productTexts.oldPrice)} </span>
      {moneyText(struckFen)}
    </s>
  )
  return (
    <span className={large ? 'qun-product__price qun-product__price--large' : 'qun-product__price'}>
      <span className="qun-product__now">{moneyText(groupPriceFen ?? priceFen)}</span>
      {groupPriceFen === undefined ? (
        struck
      ) : (
        <>
          <span className="qun-product__tag">{text(productTexts.groupPrice)}</span>
          <span className="qun-product__aside">
            <span>
              {text(productTexts.shopPrice)} {moneyText(priceFen)}
            </span>
            {struck}
          </span>
        </>
      )}
    </span>
  )
}
/** [PD9] How few are left; nothing while there are enough. */
export function StockHint({ live }: { readonly live: LiveProduct }) {
  const text = useText()
  if (availabilityOf(live) !== 'low' || live.stock === null) return null
  return <span className="qun-product__left">{text(leftText(live.stock))}</span>
}
/** [PD5] Why it cannot be bought, in words; undefined when it can. */
export function useUnavailable(live: LiveProduct): string | undefined {
  const text = useText()
  const availability = availabilityOf(live)
  if (availability === 'gone') return text(productTexts.gone)
  return availability === 'sold-out' ? text(productTexts.soldOut) : undefined
}
