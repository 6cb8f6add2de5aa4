/** What a group buy is among the cards that offer products of the catalogue: its prices, its cuts, its end. */
import type { BodyOf } from '@qun/contract'
import type { CardCall, Reaction } from '@qun/core'
import { isVoid, type OfferKind, type ProductKeeper } from '../../shared/offer/server.ts'
import { keepCut } from '../../shared/offer/server-cuts.ts'
import { onProductLeft } from '../../shared/offer/server-void.ts'
import { groupBuy, groupBuyRefusals } from './contract.ts'
import { cutOf, lowestFen } from './rules.ts'
import { countOpen, cutOfPlaces } from './store.ts'

export const offerKind: OfferKind<BodyOf<typeof groupBuy>> = {
  kind: groupBuy.kind,
  refusals: groupBuyRefusals,
  undisclosed: 'group_buy.undisclosed',
  table: 'group_buy_offers',
  listField: 'singlePriceFen',
  lowestFen: ({ ladder }) => lowestFen(ladder),
  cutOf,
}
type OfferCall = CardCall<typeof groupBuy>

/** [GB17] Of an offer that is over only pieces count that are bought, or may still be by a team that is open. */
export const keepBought = (call: OfferCall): Promise<void> =>
  keepCut(offerKind, call, async ({ listFen, priceFen }) => ({
    cutFen: await cutOfPlaces(call, listFen, priceFen),
    openCount: await countOpen(call),
  }))
/** Whether nothing goes back on sale any more; recalled, it has no body. */
const isOver = (call: OfferCall): boolean =>
  (call.body as OfferCall['body'] | null) === null || call.state.phase !== 'on'
/** The last thing done in whatever may have made them fewer. */
export async function keepIfOver(call: OfferCall): Promise<void> {
  if (isOver(call)) await keepBought(call)
}
/** Places that wait for money are given back at once; open teams have their time. */
async function endOffer(call: OfferCall): Promise<void> {
  if (call.state.phase !== 'on') return
  call.setState({ ...call.state, phase: 'ended' })
  call.schedule(call.now, 'sweep')
  await keepBought(call)
}
/**
 * [GB18] Ends it for good: should the product come back, or the merchant give again, it is offered anew. Open teams get
 * their money back at once: nothing may be captured any more.
 */
async function voidOffer(call: OfferCall): Promise<void> {
  call.setState({ ...call.state, void: true })
  call.cancelJob('end')
  await endOffer(call)
  call.schedule(call.now, 'settle')
}
/** [GB13] [MER10] Planned for its end; what brings it forward is that its merchant was suspended. */
export async function endOrVoid(call: OfferCall): Promise<void> {
  if (call.now < call.body.endsAt && call.state.phase === 'on') await voidOffer(call)
  else await endOffer(call)
}
export const onVoid = (keeper: ProductKeeper): readonly Reaction[] =>
  onProductLeft({
    card: groupBuy,
    table: offerKind.table,
    async endIfVoid(offer) {
      if (!isOver(offer) && (await isVoid(offer, keeper))) await voidOffer(offer)
    },
  })
