/** The shop's orders, kept in one JSON file; knows nothing of groups. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Order {
  readonly orderId: string
  readonly userId: string
  readonly productId: string
  readonly amountFen: number
  readonly state: 'paid' | 'received'
  readonly paidAt: number
  readonly receivedAt?: number
}
export interface OrderBook {
  /** Newest first. */
  list(userId: string): Order[]
  add(order: Pick<Order, 'userId' | 'productId' | 'amountFen'>): Order
  /** Marks as received; undefined for an order that is not this person's. Confirming twice changes nothing. */
  receive(userId: string, orderId: string): Order | undefined
}

export function openOrders(dataDir: string, now: () => number, randomHex: () => string): OrderBook {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'orders.json')
  const orders = readOrders(file)
  const keep = () => {
    // Written beside and renamed, so that a kill leaves the old file or the whole new one.
    writeFileSync(`${file}.next`, JSON.stringify([...orders.values()]))
    renameSync(`${file}.next`, file)
  }
  return {
    list: (userId) =>
      [...orders.values()].filter((order) => order.userId === userId).toSorted((a, b) => b.paidAt - a.paidAt),
    add(order) {
      const whole: Order = { ...order, orderId: `ord_${randomHex()}`, state: 'paid', paidAt: now() }
      orders.set(whole.orderId, whole)
      keep()
      return whole
    },
    receive(userId, orderId) {
      const order = orders.get(orderId)
      if (order === undefined || order.userId !== userId) return undefined
      if (order.state === 'received') return order
      const received: Order = { ...order, state: 'received', receivedAt: now() }
      orders.set(orderId, received)
      keep()
      return received
    },
  }
}

function readOrders(file: string): Map<string, Order> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  return new Map((JSON.parse(text) as Order[]).map((order) => [order.orderId, order]))
}
