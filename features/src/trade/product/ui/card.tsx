/** The face of a product card: one product large, several as a list. What it shows is the group's live record. */
import type { BodyOf } from '@qun/contract'
import { ActionButton, CardFrame, CardNote, MemberName, useText, type CardFaceProps } from '@qun/ui'
import type { LiveProduct, product } from '../contract.ts'
import { availabilityOf } from '../rules.ts'
import { useBuy } from './buying.ts'
import { BagIcon } from './icon.tsx'
import { liveIn, useRecords } from './live.ts'
import { Price, ProductPicture, StockHint, useUnavailable } from './product-parts.tsx'
import { buyText, manyText, productTexts } from './texts.ts'

export type ProductFace = CardFaceProps<typeof product>
type Item = BodyOf<typeof product>['items'][number]

interface Shown {
  readonly live: LiveProduct
  readonly sharedFen: number | undefined
  /** False when the group no longer holds it live: the price is the one at posting. */
  readonly isLive: boolean
}
/** [PD10] Without a record the card shows what it was when posted; it has no address then. */
function shownOf(item: Item, live: LiveProduct | undefined): Shown {
  const { productId, priceFen = 0, title = productId, image } = item
  if (live !== undefined) return { live, sharedFen: item.priceFen, isLive: true }
  const then = { productId, title, priceFen, stock: null, url: '', state: 'on' as const }
  return { live: image === undefined ? then : { ...then, image }, sharedFen: undefined, isLive: false }
}

export function ProductCard(props: ProductFace) {
  const { body, message, group } = props
  const text = useText()
  const records = useRecords(group)
  const starter = group.get().members.get(message.senderId)
  const all = body.items.map((item) => shownOf(item, liveIn(records, item.productId)))
  const [first] = all
  const isOne = all.length === 1
  // What is on its way has no record yet, and is as fresh as can be.
  const isStale = message.seq > 0 && all.some((one) => !one.isLive)
  const frame = {
    icon: <BagIcon size={16} />,
    kind: text(productTexts.kind),
    ...(starter && { starter: <MemberName member={starter} /> }),
  }
  if (first === undefined) return null
  return (
    <div className="qun-product">
      {isOne ? (
        <CardFrame {...frame} action={<BuyWide shown={first} groupId={group.groupId} />}>
          <One shown={first} />
          {body.title !== undefined && <p className="qun-product__word">{body.title}</p>}
          {isStale && <CardNote>{text(productTexts.sharedPrice)}</CardNote>}
        </CardFrame>
      ) : (
        <CardFrame {...frame} title={body.title ?? text(manyText(all.length))}>
          <ul className="qun-product__list">
            {all.map((shown) => (
              <Row key={shown.live.productId} shown={shown} groupId={group.groupId} />
            ))}
          </ul>
          {isStale && <CardNote>{text(productTexts.sharedPrice)}</CardNote>}
        </CardFrame>
      )}
    </div>
  )
}

function One({ shown: { live, sharedFen } }: { readonly shown: Shown }) {
  const unavailable = useUnavailable(live)
  return (
    <div className={unavailable === undefined ? 'qun-product__one' : 'qun-product__one qun-product--off'}>
      <ProductPicture image={live.image} size="wide" />
      <h2 className="qun-product__title">{live.title}</h2>
      <div className="qun-product__priceline">
        <Price live={live} sharedFen={sharedFen} large />
        <StockHint live={live} />
      </div>
    </div>
  )
}

interface BuyProps {
  readonly shown: Shown
  readonly groupId: string
}
function useBuying({ shown: { live, isLive }, groupId }: BuyProps) {
  const { buy, canOpen } = useBuy()
  const unavailable = useUnavailable(live)
  const url = isLive ? live.url : undefined
  return {
    unavailable,
    possible: unavailable === undefined && canOpen(url),
    buy: () => buy({ productId: live.productId, groupId, url }),
  }
}
function BuyWide(props: BuyProps) {
  const text = useText()
  const { unavailable, possible, buy } = useBuying(props)
  return (
    <ActionButton
      wide
      disabled={!possible}
      onClick={buy}
      {...(unavailable === undefined && { label: text(buyText(props.shown.live.title)) })}
    >
      {unavailable ?? text(productTexts.buy)}
    </ActionButton>
  )
}
const shortOf = (live: LiveProduct) => (availabilityOf(live) === 'gone' ? productTexts.goneShort : productTexts.soldOut)
/** One line of a list: the whole line buys. */
export function Row(props: BuyProps) {
  const { live, sharedFen } = props.shown
  const text = useText()
  const { unavailable, possible, buy } = useBuying(props)
  return (
    <li className={unavailable === undefined ? 'qun-product__item' : 'qun-product__item qun-product--off'}>
      <button
        type="button"
        className="qun-product__row"
        disabled={!possible}
        onClick={buy}
        {...(unavailable === undefined && { 'aria-label': text(buyText(live.title)) })}
      >
        <ProductPicture image={live.image} size="row" />
        <span className="qun-product__words">
          <span className="qun-product__name">{live.title}</span>
          <Price live={live} sharedFen={sharedFen} />
          <StockHint live={live} />
        </span>
        <span className={unavailable === undefined ? 'qun-product__pill' : 'qun-product__pill qun-product__pill--off'}>
          {unavailable === undefined ? text(productTexts.buyShort) : text(shortOf(live))}
        </span>
      </button>
    </li>
  )
}
