/** The shop's orders, kept in one JSON file; knows nothing of groups. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Order {
  readonly orderId: string
  readonly userId: string
  readonly productId: string
  readonly amountFen: number
  /** The group it was bought from, at the group's price. */
  readonly groupId?: string
  readonly state: 'paid' | 'received'
  readonly paidAt: number
  readonly receivedAt?: number
  /** Steps Qun has not been told of yet, oldest first. */
  readonly untold: readonly OrderStep[]
}
export type OrderStep = 'paid' | 'received'
export interface OrderBook {
  /** Newest first. */
  list(userId: string): Order[]
  /** How often a product was bought. */
  countOf(productId: string): number
  add(order: Pick<Order, 'userId' | 'productId' | 'amountFen' | 'groupId'>): Order
  /** Marks as received; undefined for an order that is not this person's. Confirming twice changes nothing. */
  receive(userId: string, orderId: string): Order | undefined
  /** Oldest order first. */
  listUntold(): { readonly order: Order; readonly step: OrderStep }[]
  markTold(orderId: string, step: OrderStep): void
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
    countOf: (productId) => [...orders.values()].filter((order) => order.productId === productId).length,
    add(order) {
      const whole: Order = { ...order, orderId: `ord_${randomHex()}`, state: 'paid', paidAt: now(), untold: ['paid'] }
      orders.set(whole.orderId, whole)
      keep()
      return whole
    },
    receive(userId, orderId) {
      const order = orders.get(orderId)
      if (order === undefined || order.userId !== userId) return undefined
      if (order.state === 'received') return order
      const untold: OrderStep[] = [...order.untold, 'received']
      const received: Order = { ...order, state: 'received', receivedAt: now(), untold }
      orders.set(orderId, received)
      keep()
      return received
    },
    listUntold: () => [...orders.values()].flatMap((order) => order.untold.map((step) => ({ order, step }))),
    markTold(orderId, step) {
      const order = orders.get(orderId)
      if (order === undefined) return
      orders.set(orderId, { ...order, untold: order.untold.filter((one) => one !== step) })
      keep()
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
