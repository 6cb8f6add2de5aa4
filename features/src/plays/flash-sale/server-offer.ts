/** What a sale is among the cards that offer products of the catalogue: its prices, its cuts, its end. */
import type { BodyOf } from '@qun/contract'
import type { CardCall, Reaction } from '@qun/core'
import { isVoid, type OfferKind, type ProductKeeper } from '../../shared/offer/server.ts'
import { keepCut } from '../../shared/offer/server-cuts.ts'
import { onProductLeft } from '../../shared/offer/server-void.ts'
import { flashRefusals, flashSale } from './contract.ts'
import { cutOf } from './rules.ts'
import { countTaken } from './store.ts'

export const offerKind: OfferKind<BodyOf<typeof flashSale>> = {
  kind: flashSale.kind,
  refusals: flashRefusals,
  undisclosed: 'flash_sale.undisclosed',
  table: 'flash_sale_offers',
  listField: 'originalPriceFen',
  lowestFen: ({ priceFen }) => priceFen,
  cutOf,
}
type SaleCall = CardCall<typeof flashSale>

/** [FS12] Of a sale that is over only pieces count that are sold, or held for a buyer who may still pay. */
export const keepSold = (call: SaleCall): Promise<void> =>
  keepCut(offerKind, call, async ({ listFen, priceFen }) => {
    const { held, taken } = await countTaken(call)
    return { cutFen: (listFen - priceFen) * taken, openCount: held }
  })
/** Whether nothing goes back on sale any more; recalled, it has no body. */
export const isOver = (call: SaleCall): boolean =>
  (call.body as SaleCall['body'] | null) === null || call.state.phase === 'ended'
/** [FS8] */
export async function endSale(call: SaleCall): Promise<void> {
  if (call.state.phase === 'ended') return
  call.setState({ ...call.state, phase: 'ended' })
  call.record('flash-sale.ended', { seq: call.seq, soldCount: call.state.soldCount })
  await keepSold(call)
}
/**
 * [FS13] Ends it for good: should the product come back, or the merchant give again, it is offered anew. What is held
 * is given back at once, since nobody may pay for it.
 */
async function voidSale(call: SaleCall): Promise<void> {
  call.setState({ ...call.state, void: true })
  call.cancelJob('end')
  await endSale(call)
  call.schedule(call.now, 'sweep')
}
/** [FS8] [MER10] Planned for its end; what brings it forward is that its merchant was suspended. */
export async function endOrVoid(call: SaleCall): Promise<void> {
  if (call.now < call.body.endsAt && call.state.phase === 'on') await voidSale(call)
  else await endSale(call)
}
export const onVoid = (keeper: ProductKeeper): readonly Reaction[] =>
  onProductLeft({
    card: flashSale,
    table: offerKind.table,
    async endIfVoid(sale) {
      if (!isOver(sale) && (await isVoid(sale, keeper))) await voidSale(sale)
    },
  })
