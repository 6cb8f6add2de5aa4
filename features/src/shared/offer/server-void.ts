/**
 * [MER6] Ends offers whose product left the catalogue or went to another merchant. Knows whoever keeps the catalogue by
 * the name of its fact alone, and no kind of card.
 */
import type { GroupId } from '@qun/contract'
import type { Reaction, ReactionCall } from '@qun/core'
import { listLive, type Spot } from './store.ts'

/** Cards looked at in one decision: each is locked until it commits. */
const atOnce = 25
interface Left {
  readonly productIds: readonly string[]
  /** The last that was looked at; absent at the beginning. */
  readonly after?: { readonly groupId: GroupId; readonly seq: number }
}
export interface Ending {
  readonly kind: string
  readonly table: string
  /** Ends the offer at the place if it is void. */
  endIfVoid(call: ReactionCall, at: Spot): Promise<void>
}
async function endSome(of: Ending, call: ReactionCall): Promise<void> {
  const { productIds, after } = call.fact.data as Left
  const page = await listLive(of.table, call, productIds, { after, limit: atOnce })
  for (const at of page) await of.endIfVoid(call, at)
  const last = page.at(-1)
  if (last !== undefined && page.length === atOnce) call.recordForApp(`${of.kind}.voiding`, { productIds, after: last })
}
/** The kind declares the fact `<kind>.voiding`, by which it carries on. */
export const onProductLeft = (of: Ending): readonly Reaction[] =>
  ['product.left', `${of.kind}.voiding`].map((on) => ({
    name: `${of.kind}.${on === 'product.left' ? 'product-left' : 'voiding'}`,
    on,
    handle: (call) => endSome(of, call),
  }))
