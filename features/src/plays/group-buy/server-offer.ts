/** What a group buy is among the cards that offer products of the catalogue. Knows no team. */
import type { BodyOf } from '@qun/contract'
import type { OfferKind } from '../../shared/offer/server.ts'
import { groupBuy, groupBuyRefusals } from './contract.ts'
import { lowestFen } from './rules.ts'

export const offerKind: OfferKind<BodyOf<typeof groupBuy>> = {
  kind: groupBuy.kind,
  refusals: groupBuyRefusals,
  undisclosed: 'group_buy.undisclosed',
  table: 'group_buy_offers',
  listField: 'singlePriceFen',
  lowestFen: ({ ladder }) => lowestFen(ladder),
}
