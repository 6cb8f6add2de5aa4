/**
 * What a sale offers: a product of the host's catalogue, which is handed in where the server's features are listed.
 * Title, picture and list price are the catalogue's, whatever its sender wrote. Knows no hold.
 */
import type { AppId, BodyOf, GroupId, UserId } from '@qun/contract'
import type { Guard, OpenCall } from '@qun/core'
import type { Tx } from '@qun/storage'
import { flashRefusals, flashSale } from './contract.ts'
import { keepOffer } from './store.ts'

/** A product as whoever keeps the catalogue knows it. */
export interface OfferedProduct {
  readonly merchantId: string
  readonly title: string
  readonly image?: string
  /** What it costs in the shop: the list price. */
  readonly priceFen: number
  readonly floorFen?: number
  readonly url: string
}
export interface OfferPlace {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
}
/** Who keeps the host's catalogue. Called before and within the sale's decision; neither feature names the other. */
export interface ProductKeeper {
  find(
    tx: Tx,
    appId: AppId,
    productId: string,
  ): Promise<(OfferedProduct & { readonly merchantName: string }) | undefined>
  /** The product, which stands until commit, or the code with which the offer is refused. */
  admit(
    call: OfferPlace & { readonly actorId: UserId },
    terms: {
      readonly productId: string
      readonly priceFen: number
      readonly pieces: number
      readonly listFen: number | undefined
      readonly merchantId: string | undefined
    },
  ): Promise<OfferedProduct | string>
  /** Whether the group may still sell it. */
  isSold(call: OfferPlace, productId: string): Promise<boolean>
}

type Body = BodyOf<typeof flashSale>
/** [MER4] Refuses nothing: a product that is not there is refused in the decision, after who may sell at all. */
export const guardOf = (keeper: ProductKeeper): Guard => ({
  name: 'flash-sale.catalogue',
  kinds: [flashSale.kind],
  refusals: flashRefusals,
  async post(attempt): Promise<Body> {
    const { image: _, ...body } = attempt.body as Body
    const found = await attempt.decide((tx) => keeper.find(tx, attempt.appId, body.productId))
    if (found === undefined) return body
    const { title, image, merchantId, merchantName, priceFen, url } = found
    return {
      ...{ url, originalPriceFen: priceFen },
      ...body,
      title,
      ...(image === undefined ? {} : { image }),
      merchant: { merchantId, name: merchantName },
    }
  },
})

/** [MER4] Reads the product under its lock and keeps what the sale was allowed by. Its list price. */
export async function admitOffer(
  call: OpenCall<typeof flashSale>,
  keeper: ProductKeeper | undefined,
): Promise<OfferedProduct> {
  const { productId, priceFen, stock, originalPriceFen, merchant } = call.body
  const terms = { productId, priceFen, pieces: stock, listFen: originalPriceFen, merchantId: merchant?.merchantId }
  const product = (await keeper?.admit(call, terms)) ?? 'product.not_found'
  if (typeof product === 'string') return call.fail(product)
  const { merchantId, priceFen: listFen, floorFen = null } = product
  // [E-22] Nothing a buyer must know is empty: the rest is required by the contract.
  if (![call.body.title, merchant?.name].every((told = '') => told.trim() !== '')) call.fail('flash_sale.undisclosed')
  const isByHost = (call.actorId as string) === ''
  await keepOffer(call, { productId, merchantId, priceFen, listFen, floorFen, isByHost }, call.now)
  return product
}

/** [MER6] Whether the group may not sell it any more: the product is gone, or another merchant's. */
export async function isVoid(
  call: OfferPlace & { readonly body: Body },
  keeper: ProductKeeper | undefined,
): Promise<boolean> {
  // What was posted before products had merchants, or was recalled, names none.
  const body = call.body as Body | null
  if (keeper === undefined || body?.merchant === undefined) return false
  return !(await keeper.isSold(call, body.productId))
}
