/** What the person bought; confirming receipt is what may bring an invitation. */
import { ActionButton, moneyText, useQun } from '@qun/ui'
import { useCallback, useEffect, useState } from 'react'
import { products, type Lang } from '../story.ts'
import { BagIcon } from './icons.tsx'
import type { Order, Shop } from './shop-api.ts'
import { words } from './words.ts'

export function OrdersPage({ shop, lang }: { readonly shop: Shop; readonly lang: Lang }) {
  const { toast } = useQun()
  const [orders, setOrders] = useState<readonly Order[]>()
  const load = useCallback(() => shop.listOrders().then(setOrders), [shop])
  useEffect(() => {
    load().catch(() => toast(words.failed[lang], 'danger'))
  }, [load, toast, lang])
  const receive = async (orderId: string) => {
    await shop.confirmReceipt(orderId)
    await load()
  }
  return (
    <div className="scroll">
      <header className="pagehead">
        <h1>{words.orders[lang]}</h1>
      </header>
      {orders?.length === 0 && (
        <div className="nothing">
          <BagIcon />
          <p>{words.noOrders[lang]}</p>
          <p className="nothing__hint">{words.noOrdersHint[lang]}</p>
          <a className="button" href="#/">
            {words.goShop[lang]}
          </a>
        </div>
      )}
      <ul className="orders">
        {orders?.map((order) => (
          <OrderCard key={order.orderId} order={order} lang={lang} onReceive={() => receive(order.orderId)} />
        ))}
      </ul>
    </div>
  )
}

interface OrderCardProps {
  readonly order: Order
  readonly lang: Lang
  readonly onReceive: () => Promise<void>
}
function OrderCard({ order, lang, onReceive }: OrderCardProps) {
  const product = products.find((one) => one.id === order.productId)
  if (product === undefined) return null
  const time = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (
    <li className="order">
      <p className="order__state">{order.state === 'paid' ? words.paid[lang] : words.received[lang]}</p>
      <div className="order__item">
        <img src={`/art/goods/${product.id}.svg`} alt="" width={64} height={64} />
        <span>
          <strong>{product.name[lang]}</strong>
          <small>{product.unit[lang]}</small>
          <small>{time.format(order.paidAt)}</small>
        </span>
        <span className="order__price">{moneyText(order.amountFen)}</span>
      </div>
      {order.state === 'paid' && (
        <div className="order__action">
          <ActionButton onClick={onReceive}>{words.confirm[lang]}</ActionButton>
        </div>
      )}
    </li>
  )
}
