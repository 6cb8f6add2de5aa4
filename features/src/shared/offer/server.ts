/**
 * What several kinds of cards do alike that offer a product of the host's catalogue for less: title, picture and list
 * price are the catalogue's, whatever the sender wrote, and the product stands still while the card is posted. Whoever
 * keeps the catalogue is handed in where the server's features are listed. Knows no kind of card.
 */
import type { AppId, GroupId, RefusalKinds, UserId } from '@qun/contract'
import type { Guard, OpenCall } from '@qun/core'
import type { Tx } from '@qun/storage'
import { countCut } from './server-cuts.ts'
import { addPieces, keepOffer, piecesOffered } from './store.ts'

/** A product as whoever keeps the catalogue knows it. */
export interface OfferedProduct {
  readonly merchantId: string
  readonly title: string
  readonly image?: string
  /** What it costs in the shop: the list price. */
  readonly priceFen: number
  readonly floorFen?: number
  /** Null while the host told none. */
  readonly stock: number | null
  readonly url: string
}
export interface OfferPlace {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
}
/** Who keeps the host's catalogue. Called before and within the decision that posts; neither names the other. */
export interface ProductKeeper {
  find(
    tx: Tx,
    appId: AppId,
    productId: string,
  ): Promise<(OfferedProduct & { readonly merchantName: string }) | undefined>
  /** The product, which nobody else offers until commit, or the code with which the offer is refused. */
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
  /** Whether the group may still sell it; not while its merchant is suspended. */
  isSold(call: OfferPlace, productId: string): Promise<boolean>
  /** Whether the host took it off for now. */
  isOff(call: OfferPlace, productId: string): Promise<boolean>
}

/** What the body of every offer says in the same words. */
interface OfferBody {
  readonly productId: string
  readonly title?: string
  readonly merchant?: { readonly merchantId: string; readonly name: string }
  readonly stock: number
  /** In whose name the price is cut, and against whose budget it counts. */
  readonly campaign?: string
}
/** What a kind of card that offers products says of itself. */
export interface OfferKind<Body extends OfferBody> {
  readonly kind: string
  readonly refusals: RefusalKinds
  /** Refuses one with an empty line in its rules. */
  readonly undisclosed: string
  /** Its table of offers: `store.ts` says of which columns. */
  readonly table: string
  /** The field of its body for the list price: in a request what the sender saw, as posted the catalogue's. */
  readonly listField: keyof Body & string
  /** The lowest at which a piece may go. */
  readonly lowestFen: (body: Body) => number
  /** [MER5] The most it may cut off the list price, of all its pieces. */
  readonly cutOf: (body: Body, product: Pick<OfferedProduct, 'priceFen'>) => number
}

/** [MER4] Refuses nothing: a product that is not there is refused in the decision, after who may sell at all. */
export const guardOf = <Body extends OfferBody>(of: OfferKind<Body>, keeper: ProductKeeper): Guard => ({
  name: `${of.kind}.catalogue`,
  kinds: [of.kind],
  refusals: of.refusals,
  async post(attempt) {
    const { image: _, ...body } = attempt.body as Body & { readonly image?: string }
    const found = await attempt.decide((tx) => keeper.find(tx, attempt.appId, body.productId))
    if (found === undefined) return body
    const { title, image, merchantId, merchantName, priceFen, url } = found
    return {
      ...{ url, [of.listField]: priceFen },
      ...body,
      title,
      ...(image === undefined ? {} : { image }),
      merchant: { merchantId, name: merchantName },
    }
  },
})

/** The call in which a card is posted, as far as every offer needs it. */
type Posting<Body> = Omit<OpenCall<any>, 'body'> & { readonly body: Body }
/** [MER4] [MER5] Reads the product under its lock, counts what is cut off, and keeps what the offer was allowed by. */
export async function admitOffer<Body extends OfferBody>(
  of: OfferKind<Body>,
  call: Posting<Body>,
  keeper: ProductKeeper | undefined,
): Promise<OfferedProduct> {
  const { body } = call
  const { productId, title, stock, merchant } = body
  const priceFen = of.lowestFen(body)
  const listFen = body[of.listField] as number | undefined
  const terms = { productId, priceFen, pieces: stock, listFen, merchantId: merchant?.merchantId }
  const product = (await keeper?.admit(call, terms)) ?? 'product.not_found'
  if (typeof product === 'string') return call.fail(product)
  // All that run together, of all kinds and in all groups: what they may still sell is promised already.
  if (product.stock !== null && stock + (await piecesOffered(call, productId)) > product.stock)
    call.fail('product.stock_exceeded')
  // [E-22] Nothing a buyer must know is empty: the rest is required by the contract.
  if (![title, merchant?.name].every((told = '') => told.trim() !== '')) call.fail(of.undisclosed)
  const { merchantId, floorFen = null } = product
  const isByHost = (call.actorId as string) === ''
  const cutFen = of.cutOf(body, product)
  await countCut(of.kind, call, { cutFen, campaign: body.campaign })
  const offer = { productId, merchantId, priceFen, listFen: product.priceFen, floorFen, isByHost, cutFen }
  await keepOffer(of.table, call, offer, call.now)
  await addPieces(call, productId, stock)
  return product
}

/**
 * [MER6] [MER10] Whether the group may not sell it any more: the product is gone, or another merchant's, the merchant
 * is suspended, or one of these was so when the offer ended for it.
 */
export async function isVoid(
  call: OfferPlace & { readonly body: OfferBody; readonly state: { readonly void?: true } },
  keeper: ProductKeeper | undefined,
): Promise<boolean> {
  // Recalled, it has no body any more.
  const body = call.body as OfferBody | null
  if (body === null) return false
  if (call.state.void === true) return true
  // What was posted before products had merchants names none.
  if (keeper === undefined || body.merchant === undefined) return false
  return !(await keeper.isSold(call, body.productId))
}
/** [MER4] Whether nothing of it is taken anew for now; what somebody holds already may be paid. */
export async function isPaused(
  call: OfferPlace & { readonly body: OfferBody },
  keeper: ProductKeeper | undefined,
): Promise<boolean> {
  return keeper !== undefined && (await keeper.isOff(call, call.body.productId))
}
