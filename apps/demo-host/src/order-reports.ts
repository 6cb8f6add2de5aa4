/**
 * Tells Qun what became of orders. Buying never waits for the chat: what could not be told is kept with the order and
 * told later, also after a restart.
 */
import type { Order, OrderStep } from './dealings.ts'
import type { OrderBook } from './orders.ts'
import { QunCallFailed, type QunCalls } from './qun-calls.ts'
import { personOf, productIdIn, products, shopIdIn } from './story.ts'

export interface Reports {
  /** Tells everything untold, oldest first; resolves also when Qun is away, and tries again by itself. */
  send(): Promise<void>
  stop(): void
}
export interface ReportsOptions {
  readonly qun: QunCalls
  readonly orders: OrderBook
  readonly publicUrl: () => string
}

const retryMs = 5_000

export function createReports({ qun, orders, publicUrl }: ReportsOptions): Reports {
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let stopped = false
  const sendAll = async () => {
    for (const { order, step } of orders.listUntold()) {
      try {
        await qun.call('POST', '/order-events', orderEvent(order, step, publicUrl()))
      } catch (error) {
        if (!(error instanceof QunCallFailed)) throw error
        if (error.status >= 500 || error.status === 429) return retryLater()
        // A report that is refused today is refused tomorrow; the log shows it.
      }
      orders.markTold(order.orderId, step)
    }
  }
  const retryLater = () => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void reports.send(), retryMs)
  }
  const reports: Reports = {
    send() {
      // One at a time, and never one too few: what came meanwhile is told in a second round.
      sending = (sending ?? Promise.resolve()).catch(() => undefined).then(sendAll)
      return sending
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
  return reports
}

/** The order as Qun's API wants to hear of it. The id is the order and the step: told twice is told once. */
function orderEvent(order: Order, step: OrderStep, publicUrl: string) {
  const product = products.find((one) => one.id === order.productId)
  const lang = personOf(order.userId)?.lang ?? 'zh'
  return {
    eventId: `${order.orderId}.${step}`,
    kind: step,
    orderId: order.orderId,
    userId: order.userId,
    shopId: shopIdIn(lang),
    at: (step === 'paid' ? order.paidAt : step === 'received' ? order.receivedAt : order.endedAt) ?? order.placedAt,
    amountFen: order.amountFen,
    items: product
      ? [
          {
            productId: productIdIn(product.id, lang),
            title: product.name[lang],
            image: `${publicUrl}/art/goods/${product.id}.svg`,
            quantity: order.quantity,
          },
        ]
      : [],
    ...(order.groupId !== undefined && { groupId: order.groupId }),
  }
}
