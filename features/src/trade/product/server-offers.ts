/**
 * Products in offers of other features: a sale, a team's price. Such a card is handed this where the server's features
 * are listed, and calls it before and in the decision that posts it: neither feature names the other.
 */
import type { AppId, GroupId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import type { CatalogueProduct } from './contract.ts'
import { offerFault, type OfferTerms } from './rules.ts'
import { findOffered, findProducts, holdProduct, isAnySuspended, pathOfGroup } from './store.ts'

interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
}

export const offeredProducts = {
  /** As the catalogue has it now, with the name of its merchant: what a card says of it. */
  find: (tx: Tx, appId: AppId, productId: string) => findOffered(tx, appId, productId),
  /**
   * [MER4] The product as it stands until commit, or the code with which the offer is refused. `actorId` '' is the host
   * in its own name.
   */
  async admit(call: Place & { readonly actorId: UserId }, terms: OfferTerms): Promise<CatalogueProduct | string> {
    // The group is locked, and whose it is never changes.
    const path = await pathOfGroup(call.tx, call.appId, call.groupId)
    const product = await holdProduct(call.tx, call.appId, terms.productId)
    const fault = offerFault(product, terms, { path, isHost: (call.actorId as string) === '' })
    return fault ?? (product as CatalogueProduct)
  },
  /**
   * [MER6] [MER10] Whether the group may still sell it: it is in the catalogue, of a merchant of the group's path, and
   * none of these is suspended.
   */
  async isSold(call: Place, productId: string): Promise<boolean> {
    const path = await pathOfGroup(call.tx, call.appId, call.groupId)
    const product = (await findProducts(call.tx, call.appId, [productId])).get(productId)
    if (product === undefined || product.state === 'gone' || path?.includes(product.merchantId) !== true) return false
    return !(await isAnySuspended(call.tx, call.appId, path))
  },
  /** Whether it is off for now: nothing of it is taken anew. */
  async isOff(call: Pick<Place, 'tx' | 'appId'>, productId: string): Promise<boolean> {
    return (await findProducts(call.tx, call.appId, [productId])).get(productId)?.state === 'off'
  },
}
