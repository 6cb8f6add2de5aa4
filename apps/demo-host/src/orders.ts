/** The shop's orders, kept in one JSON file; knows nothing of groups. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order, OrderState, OrderStep } from './dealings.ts'

export type NewOrder = Pick<
  Order,
  'userId' | 'productId' | 'quantity' | 'amountFen' | 'listFen' | 'couponFen' | 'couponId' | 'groupId' | 'kept'
>
export interface OrderBook {
  /** Newest first. */
  list(userId: string): Order[]
  find(orderId: string): Order | undefined
  /** The order that waits to be paid for what Qun keeps, so that coming back to the checkout finds it again. */
  findPending(userId: string, keptId: string): Order | undefined
  listIn(state: OrderState): Order[]
  /** How many of a product are bought, or wait to be paid. */
  countOf(productId: string): number
  add(order: NewOrder): Order
  /** Moves an order on from one of these states; undefined when it is in none of them. */
  move(orderId: string, from: readonly OrderState[], change: Partial<Order> & Pick<Order, 'state'>): Order | undefined
  note(orderId: string, change: Pick<Order, 'points'>): void
  /** Oldest order first. */
  listUntold(): { readonly order: Order; readonly step: OrderStep }[]
  markTold(orderId: string, step: OrderStep): void
}
/** How long an order waits to be paid before its pieces are others' again. */
export const pendingMs = 15 * 60_000
/** Of what becomes of an order Qun hears this. */
const steps: ReadonlySet<string> = new Set<OrderStep>(['paid', 'received', 'cancelled', 'refunded'])

export function openOrders(dataDir: string, now: () => number, randomHex: () => string): OrderBook {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'orders.json')
  const orders = readOrders(file)
  const keep = (order: Order): Order => {
    orders.set(order.orderId, order)
    // Written beside and renamed, so that a kill leaves the old file or the whole new one.
    writeFileSync(`${file}.next`, JSON.stringify([...orders.values()]))
    renameSync(`${file}.next`, file)
    return order
  }
  const all = () => [...orders.values()]
  const isTaken = (order: Order) =>
    order.state !== 'cancelled' &&
    order.state !== 'refunded' &&
    (order.state !== 'pending' || now() < order.placedAt + pendingMs)
  return {
    list: (userId) =>
      all()
        .filter((order) => order.userId === userId)
        .toSorted((a, b) => b.placedAt - a.placedAt),
    find: (orderId) => orders.get(orderId),
    findPending: (userId, keptId) =>
      all().find((order) => order.userId === userId && order.state === 'pending' && order.kept?.id === keptId),
    listIn: (state) => all().filter((order) => order.state === state),
    countOf: (productId) =>
      all().reduce((sum, order) => sum + (order.productId === productId && isTaken(order) ? order.quantity : 0), 0),
    add: (order) => keep({ ...order, orderId: `ord_${randomHex()}`, state: 'pending', placedAt: now(), untold: [] }),
    move(orderId, from, change) {
      const order = orders.get(orderId)
      if (order === undefined || !from.includes(order.state)) return undefined
      const step = steps.has(change.state) ? [change.state as OrderStep] : []
      return keep({ ...order, ...change, untold: [...order.untold, ...step] })
    },
    note(orderId, change) {
      const order = orders.get(orderId)
      if (order !== undefined) keep({ ...order, ...change })
    },
    listUntold: () => all().flatMap((order) => order.untold.map((step) => ({ order, step }))),
    markTold(orderId, step) {
      const order = orders.get(orderId)
      if (order !== undefined) keep({ ...order, untold: order.untold.filter((one) => one !== step) })
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
  // Orders from before there were several pieces, and prices to compare.
  const whole = (order: Order): Order => ({
    ...{ quantity: 1, listFen: order.amountFen, placedAt: order.paidAt ?? 0 },
    ...order,
  })
  return new Map((JSON.parse(text) as Order[]).map((order) => [order.orderId, whole(order)]))
}
