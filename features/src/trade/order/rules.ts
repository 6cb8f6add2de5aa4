/** What an order is after any set of events: pure functions, of no order of arrival. */
import type { Order, OrderChange, OrderItem, OrderStatus } from './contract.ts'

/** One event as the host told it, its texts made plain. */
export interface OrderEvent {
  readonly source: string
  readonly eventId: string
  readonly kind: OrderStatus
  readonly at: number
  readonly shopId: string
  readonly amountFen?: number
  readonly items?: readonly OrderItem[]
  readonly groupId?: string
}
/** Where an event stands among those of its order, whatever came first here: by instant, then by name. */
export type Stamp = readonly [at: number, source: string, eventId: string]
interface Told<T> {
  readonly by: Stamp
  readonly value: T
}
/** What all events together say: of each kind the earliest, of each detail the earliest that told it. */
export interface Folded {
  readonly kinds: Readonly<Partial<Record<OrderStatus, number>>>
  readonly shopId?: Told<string>
  readonly amountFen?: Told<number>
  readonly items?: Told<readonly OrderItem[]>
  readonly groupId?: Told<string>
}
export const nothing: Folded = { kinds: {} }

function isEarlier(a: Stamp, b: Stamp): boolean {
  for (const [i, part] of a.entries()) {
    const other = b[i] as typeof part
    if (part !== other) return part < other
  }
  return false
}
/** [O1] Commutative, and the same when an event is taken twice. */
export function foldEvent(known: Folded, event: OrderEvent): Folded {
  const by: Stamp = [event.at, event.source, event.eventId]
  const earliest = <T>(held: Told<T> | undefined, value: T | undefined): Told<T> | undefined =>
    value === undefined || (held !== undefined && !isEarlier(by, held.by)) ? held : { by, value }
  const shopId = earliest(known.shopId, event.shopId)
  const amountFen = earliest(known.amountFen, event.amountFen)
  const items = earliest(known.items, event.items?.length === 0 ? undefined : event.items)
  const groupId = earliest(known.groupId, event.groupId)
  return {
    kinds: { ...known.kinds, [event.kind]: Math.min(known.kinds[event.kind] ?? event.at, event.at) },
    ...(shopId === undefined ? {} : { shopId }),
    ...(amountFen === undefined ? {} : { amountFen }),
    ...(items === undefined ? {} : { items }),
    ...(groupId === undefined ? {} : { groupId }),
  }
}

/** [OR2] Who gave back or cancelled has ended it; else what is received was paid. */
const strongestFirst = ['refunded', 'cancelled', 'received', 'paid'] as const
/** Undefined for an order without an event. */
export function statusOf(folded: Folded): { status: OrderStatus; at: number } | undefined {
  for (const status of strongestFirst) {
    const at = folded.kinds[status]
    if (at !== undefined) return { status, at }
  }
  return undefined
}
/** The order in words of the contract; undefined without an event. */
export function orderFrom(orderId: string, userId: OrderChange['userId'], folded: Folded): OrderChange | undefined {
  const now = statusOf(folded)
  if (now === undefined) return undefined
  const { amountFen, items, groupId, shopId } = folded
  return {
    orderId,
    userId,
    shopId: shopId?.value ?? '',
    ...now,
    items: [...(items?.value ?? [])],
    ...(amountFen === undefined ? {} : { amountFen: amountFen.value }),
    ...(groupId === undefined ? {} : { groupId: groupId.value as NonNullable<Order['groupId']> }),
  }
}

/** [OR4] Text of an order as people may see it: plain, one line, at most `max` characters. */
export function shorten(text: string, max: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  const letters = Array.from(line)
  return letters.length <= max ? line : `${letters.slice(0, max - 1).join('')}…`
}
/** [OR4] What was bought, as people may see it; pictures by https alone. */
export function plainItems(
  items: readonly {
    readonly productId?: string
    readonly title: string
    readonly image?: string
    readonly quantity?: number
  }[],
): OrderItem[] {
  return items.map(({ productId, title, image, quantity }) => ({
    ...(productId === undefined ? {} : { productId }),
    title: shorten(title, 80),
    ...(image?.startsWith('https://') === true ? { image } : {}),
    quantity: quantity ?? 1,
  }))
}
/** [OR1] The same words give the same text, whatever the order of their fields. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
