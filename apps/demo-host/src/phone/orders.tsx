/** What the person bought, and what waits to be paid; confirming receipt is what may bring an invitation. */
import { ActionButton, moneyText, useQun } from '@qun/ui'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import type { Order } from '../dealings.ts'
import { products, type Lang } from '../story.ts'
import { BagIcon } from './icons.tsx'
import { Cashier } from './cashier.tsx'
import { Refund } from './refund.tsx'
import type { Shop } from './shop-api.ts'
import { pointsGoneText, pointsText, quantityText, savedText, words } from './words.ts'

export function OrdersPage({ shop, lang }: { readonly shop: Shop; readonly lang: Lang }) {
  const { toast } = useQun()
  const [orders, setOrders] = useState<readonly Order[]>()
  const [paying, setPaying] = useState<Order>()
  const [refunding, setRefunding] = useState<Order>()
  const load = useCallback(() => shop.listOrders().then(setOrders), [shop])
  useEffect(() => {
    load().catch(() => toast(words.failed[lang], 'danger'))
  }, [load, toast, lang])
  // A team that comes together, and points that are given, are heard of a moment later.
  const isMoving = orders?.some(isOnItsWay) === true
  useEffect(() => {
    if (!isMoving) return undefined
    const timer = setInterval(() => void load().catch(() => undefined), followMs)
    return () => clearInterval(timer)
  }, [isMoving, load])
  const receive = async (orderId: string) => {
    await shop.confirmReceipt(orderId)
    await load()
  }
  return (
    <div className="scroll">
      <header className="pagehead">
        <h1>{words.orders[lang]}</h1>
      </header>
      {orders?.length === 0 && <NoOrders lang={lang} />}
      <ul className="orders">
        {orders?.map((order) => (
          <OrderCard key={order.orderId} order={order} lang={lang}>
            {(order.state === 'paid' || order.state === 'received') && (
              <ActionButton tone="quiet" onClick={async () => setRefunding(order)}>
                {words.refund[lang]}
              </ActionButton>
            )}
            {order.state === 'paid' && (
              <ActionButton onClick={() => receive(order.orderId)}>{words.confirm[lang]}</ActionButton>
            )}
            {order.state === 'pending' && (
              <ActionButton onClick={async () => setPaying(order)}>{words.goPay[lang]}</ActionButton>
            )}
          </OrderCard>
        ))}
      </ul>
      <Cashier
        order={paying}
        shop={shop}
        lang={lang}
        onDone={() => {
          setPaying(undefined)
          void load()
        }}
        onClose={() => setPaying(undefined)}
      />
      <Refund
        order={refunding}
        shop={shop}
        lang={lang}
        onDone={() => {
          setRefunding(undefined)
          void load()
        }}
        onClose={() => setRefunding(undefined)}
      />
    </div>
  )
}

function NoOrders({ lang }: { readonly lang: Lang }) {
  return (
    <div className="nothing">
      <BagIcon />
      <p>{words.noOrders[lang]}</p>
      <p className="nothing__hint">{words.noOrdersHint[lang]}</p>
      <a className="button" href="#/">
        {words.goShop[lang]}
      </a>
    </div>
  )
}

const followMs = 1_500
const isOnItsWay = ({ state, points, amountFen }: Order) =>
  state === 'authorised' || (state === 'paid' && points === undefined && amountFen >= 100)

interface OrderCardProps {
  readonly order: Order
  readonly lang: Lang
  /** What can be done with it. */
  readonly children: ReactNode
}
function OrderCard({ order, lang, children }: OrderCardProps) {
  const product = products.find((one) => one.id === order.productId)
  if (product === undefined) return null
  const time = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const { quantity, listFen, amountFen, state, points } = order
  const isEnded = state === 'cancelled' || state === 'refunded'
  return (
    <li className={isEnded ? 'order order--over' : 'order'}>
      <p className="order__state">{words[state][lang]}</p>
      <div className="order__item">
        <img src={`/art/goods/${product.id}.svg`} alt="" width={64} height={64} />
        <span>
          <strong>{product.name[lang]}</strong>
          <small>{product.unit[lang]}</small>
          <small>{time.format(order.placedAt)}</small>
        </span>
        <span className="order__price">
          {moneyText(amountFen)}
          {quantity > 1 && <small>{quantityText(quantity)[lang]}</small>}
          {amountFen < listFen && <small>{savedText(moneyText(listFen - amountFen))[lang]}</small>}
        </span>
      </div>
      {(state === 'pending' || state === 'paid' || state === 'received' || points !== undefined) && (
        <div className="order__action">
          {points !== undefined && (
            <span className="order__points">{(isEnded ? pointsGoneText : pointsText)(points)[lang]}</span>
          )}
          {children}
        </div>
      )}
    </li>
  )
}
