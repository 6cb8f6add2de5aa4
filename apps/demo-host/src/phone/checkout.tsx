/** The checkout: what is bought, at which price, with which coupon, and the way to pay. Prices are the back end's. */
import { Countdown, moneyText, Sheet, Stepper, useOpen, useQun, useReadable, useServerNow } from '@qun/ui'
import { useEffect, useState } from 'react'
import { productOf, type Lang, type Product } from '../story.ts'
import { Cashier } from './cashier.tsx'
import { BackIcon, PinIcon, TicketIcon } from './icons.tsx'
import { go, hashOf } from './route.ts'
import { useComplaint } from './sheet.tsx'
import type { Bill, Order, Wish } from '../dealings.ts'
import { ShopRefused, type Shop } from './shop-api.ts'
import { quantityText, refusalText, words } from './words.ts'

const quantityMax = 9

/** What it costs, asked anew when the wish changes. */
function useBill(shop: Shop, wish: Wish, lang: Lang) {
  const complain = useComplaint(lang)
  const [bill, setBill] = useState<Bill>()
  const [refusal, setRefusal] = useState<string>()
  const asked = JSON.stringify(wish)
  useEffect(() => {
    let wanted = true
    shop.readBill(JSON.parse(asked) as Wish).then(
      (told) => {
        if (!wanted) return
        setBill(told)
        setRefusal(undefined)
      },
      (error: unknown) => {
        if (!wanted) return
        complain(error)
        setRefusal(error instanceof ShopRefused ? error.message : 'away')
      },
    )
    return () => {
      wanted = false
    }
    // A complaint is no reason to ask again.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [shop, asked])
  return { bill, refusal }
}

export interface CheckoutPageProps {
  readonly wish: Wish
  readonly shop: Shop
  readonly lang: Lang
}
export function CheckoutPage({ wish, shop, lang }: CheckoutPageProps) {
  const [quantity, setQuantity] = useState(1)
  const [couponId, setCouponId] = useState<string>()
  const [order, setOrder] = useState<Order>()
  const [placing, setPlacing] = useState(false)
  const complain = useComplaint(lang)
  const whole: Wish =
    wish.kept === undefined ? { ...wish, quantity, ...(couponId !== undefined && { couponId }) } : wish
  const { bill, refusal } = useBill(shop, whole, lang)
  // A coupon that does not fit is put back.
  useEffect(() => {
    if (refusal?.startsWith('coupon.') === true) setCouponId(undefined)
  }, [refusal])
  const place = async () => {
    setPlacing(true)
    try {
      setOrder(await shop.place(whole))
    } catch (error) {
      complain(error)
    } finally {
      setPlacing(false)
    }
  }
  const product = bill && productOf(bill.productId)
  return (
    <div className="buying">
      <header className="buying__head">
        <a className="buying__back" href={backOf(wish)} aria-label={words.back[lang]}>
          <BackIcon />
        </a>
        <h1>{words.checkout[lang]}</h1>
      </header>
      {/* Nothing in it may take the focus, and a part that scrolls must be reachable by keyboard. */}
      <div className="scroll buying__parts" tabIndex={0} role="region" aria-label={words.checkout[lang]}>
        {bill?.until !== undefined && <KeptBanner bill={bill} until={bill.until} lang={lang} />}
        {bill === undefined && refusal !== undefined && (
          <p className="nothing">{(refusal === 'away' ? words.failed : refusalText(refusal))[lang]}</p>
        )}
        {bill && product && (
          <>
            <Address lang={lang} />
            <Item bill={bill} product={product} lang={lang} {...(!wish.kept && { quantity, setQuantity })} />
            {wish.kept === undefined && <Coupons chosen={couponId} onChoose={setCouponId} shop={shop} lang={lang} />}
            <Sums bill={bill} lang={lang} />
          </>
        )}
      </div>
      {bill && (
        <footer className="buying__foot">
          <p className="buying__total">
            {words.total[lang]} <strong>{moneyText(bill.payableFen)}</strong>
          </p>
          <button type="button" className="button" disabled={placing} onClick={() => void place()}>
            {words.pay[lang]} {moneyText(bill.payableFen)}
          </button>
        </footer>
      )}
      <Cashier
        order={order}
        shop={shop}
        lang={lang}
        onDone={() => go({ at: 'orders' })}
        onClose={() => order !== undefined && go({ at: 'orders' })}
      />
    </div>
  )
}
function backOf({ kept, productId, groupId }: Wish): string {
  if (kept !== undefined) return hashOf({ at: 'messages', groupId: kept.groupId })
  return hashOf({ at: 'product', productId: productId ?? '', ...(groupId !== undefined && { groupId }) })
}

interface PartProps {
  readonly bill: Bill
  readonly lang: Lang
}
function KeptBanner({ bill, until, lang }: PartProps & { readonly until: number }) {
  const isTeam = bill.kept?.kind === 'group-buy'
  return (
    <p className="buying__kept">
      <span>{(isTeam ? words.keptTeam : words.keptSale)[lang]}</span>
      <strong>
        <Countdown until={until} />
      </strong>
    </p>
  )
}
function Address({ lang }: { readonly lang: Lang }) {
  return (
    <p className="buying__part buying__address">
      <PinIcon />
      <span>
        <small>{words.address[lang]}</small>
        {words.addressLine[lang]}
      </span>
    </p>
  )
}
interface ItemProps extends PartProps {
  readonly product: Product
  readonly quantity?: number
  readonly setQuantity?: (quantity: number) => void
}
function Item({ bill, product, lang, quantity, setQuantity }: ItemProps) {
  return (
    <div className="buying__part buying__item">
      <img src={`/art/goods/${product.id}.svg`} alt="" width={76} height={76} />
      <span className="buying__words">
        <strong>{product.name[lang]}</strong>
        <small>{product.unit[lang]}</small>
        <span className="buying__unit">{moneyText(Math.round(bill.goodsFen / bill.quantity))}</span>
      </span>
      {setQuantity === undefined || quantity === undefined ? (
        <span className="buying__count">{quantityText(bill.quantity)[lang]}</span>
      ) : (
        <Stepper value={quantity} max={Math.min(quantityMax, product.stock ?? quantityMax)} onChange={setQuantity} />
      )}
    </div>
  )
}
function Sums({ bill, lang }: PartProps) {
  const { listFen, goodsFen, couponFen, kept } = bill
  const off = kept === undefined ? words.groupOff : kept.kind === 'flash-sale' ? words.saleOff : words.teamOff
  const line = (name: string, sum: string, isOff = false) => (
    <div className={isOff ? 'buying__sum buying__sum--off' : 'buying__sum'}>
      <dt>{name}</dt>
      <dd>{sum}</dd>
    </div>
  )
  return (
    <>
      <dl className="buying__part buying__sums">
        {line(words.goods[lang], moneyText(listFen))}
        {goodsFen < listFen && line(off[lang], `−${moneyText(listFen - goodsFen)}`, true)}
        {couponFen > 0 && line(words.coupon[lang], `−${moneyText(couponFen)}`, true)}
        {line(words.freight[lang], words.freightFree[lang])}
      </dl>
      {kept?.kind === 'group-buy' && <p className="buying__note">{words.teamNote[lang]}</p>}
    </>
  )
}

/** What of a coupon's record is shown here. */
interface HeldCoupon {
  readonly couponId: string
  readonly title: string
  readonly state: string
  readonly validFrom: number
  readonly validUntil: number
}
/** Coupons the person holds, from their own stream: live, so that one claimed a moment ago is here. */
function useCoupons(shop: Shop): readonly HeldCoupon[] {
  const records = useReadable(shop.qun.records)
  const now = useServerNow()
  return [...records.values()]
    .filter((row) => row.kind === 'coupon' && row.body !== null)
    .map((row) => row.body as HeldCoupon)
    .filter((one) => one.state === 'issued' || one.state === 'returned')
    .filter((one) => one.validFrom <= now && now < one.validUntil)
    .toSorted((a, b) => a.validUntil - b.validUntil)
}
interface CouponsProps {
  readonly chosen: string | undefined
  readonly onChoose: (couponId: string | undefined) => void
  readonly shop: Shop
  readonly lang: Lang
}
function Coupons({ chosen, onChoose, shop, lang }: CouponsProps) {
  const { locale } = useQun()
  const sheet = useOpen()
  const coupons = useCoupons(shop)
  const picked = coupons.find((one) => one.couponId === chosen)
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' })
  const choose = (couponId: string | undefined) => {
    onChoose(couponId)
    sheet.hide()
  }
  const some = `${coupons.length} ${words.couponPick[lang]}`
  return (
    <>
      <button
        type="button"
        className="buying__part buying__coupon"
        disabled={coupons.length === 0}
        onClick={sheet.show}
      >
        <TicketIcon />
        <span>{words.coupon[lang]}</span>
        <span className={picked ? 'buying__picked' : 'buying__pick'}>
          {picked?.title ?? (coupons.length === 0 ? words.couponEmpty[lang] : some)}
        </span>
      </button>
      <Sheet open={sheet.open} onClose={sheet.hide} title={words.coupon[lang]}>
        <ul className="tickets">
          {coupons.map((one) => (
            <li key={one.couponId}>
              <button
                type="button"
                className="ticket"
                aria-pressed={one.couponId === chosen}
                onClick={() => choose(one.couponId)}
              >
                <strong>{one.title}</strong>
                <small>
                  {words.couponUntil[lang]} {day.format(one.validUntil)}
                </small>
              </button>
            </li>
          ))}
          <li>
            <button
              type="button"
              className="ticket ticket--none"
              aria-pressed={chosen === undefined}
              onClick={() => choose(undefined)}
            >
              {words.couponNone[lang]}
            </button>
          </li>
        </ul>
      </Sheet>
    </>
  )
}
