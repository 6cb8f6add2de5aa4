/**
 * [MER6] Ends offers whose product left the catalogue or went to another merchant. Knows whoever keeps the catalogue by
 * the name of its fact alone, and no kind of card.
 */
import type { GroupId } from '@qun/contract'
import type { CardCall, Reaction, ReactionCall } from '@qun/core'
import { listLive } from './store.ts'

/** Cards looked at in one decision: each is locked until it commits. */
const atOnce = 25
interface Left {
  readonly productIds: readonly string[]
  /** The last that was looked at; absent at the beginning. */
  readonly after?: { readonly groupId: GroupId; readonly seq: number }
}
export interface Ending<C extends OfferCard> {
  readonly card: C
  readonly table: string
  /** Ends the offer if it is void; its card is locked. */
  endIfVoid(card: CardCall<C>): Promise<void>
}
type OfferCard = Parameters<ReactionCall['card']>[0]
async function endSome<C extends OfferCard>(of: Ending<C>, call: ReactionCall): Promise<void> {
  const { productIds, after } = call.fact.data as Left
  const page = await listLive(of.table, call, productIds, { after, limit: atOnce })
  // All are locked before any is ended: whoever holds one of them may wait for the budgets that the others lower.
  const cards: CardCall<C>[] = []
  for (const at of page) cards.push(await call.card(of.card, at))
  for (const card of cards) await of.endIfVoid(card)
  const last = page.at(-1)
  if (last !== undefined && page.length === atOnce)
    call.recordForApp(`${of.card.kind}.voiding`, { productIds, after: last })
}
/** The kind declares the fact `<kind>.voiding`, by which it carries on. */
export const onProductLeft = <C extends OfferCard>(of: Ending<C>): readonly Reaction[] =>
  ['product.left', `${of.card.kind}.voiding`].map((on) => ({
    name: `${of.card.kind}.${on === 'product.left' ? 'product-left' : 'voiding'}`,
    on,
    handle: (call) => endSome(of, call),
  }))
