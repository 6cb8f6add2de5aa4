/** Serves flash sales: glue between the contract, the rules, and the life of holds. */
import { isSafeAddress, type StateOf } from '@qun/contract'
import { defineFeature, serveCard, type Feature, type OpenCall } from '@qun/core'
import { ledgerAudits } from '@qun/ledger'
import { admitOffer, guardOf, type ProductKeeper } from '../../shared/offer/server.ts'
import { flashSale } from './contract.ts'
import { timesFit } from './rules.ts'
import { giveBack, nothing, take } from './server-holds.ts'
import { endpointsWith, onOrder } from './server-host.ts'
import { endOrVoid, keepSold, offerKind, onVoid } from './server-offer.ts'
import { audits } from './store-audits.ts'
import { listStanding, migrations } from './store.ts'

async function open(
  call: OpenCall<typeof flashSale>,
  keeper: ProductKeeper | undefined,
): Promise<StateOf<typeof flashSale>> {
  const { body } = call
  if (!timesFit(body, call.now)) call.fail('flash_sale.times_invalid')
  const product = await admitOffer(offerKind, call, keeper)
  if (body.priceFen >= product.priceFen) call.fail('flash_sale.price_invalid')
  if (body.url !== undefined && !isSafeAddress(body.url)) call.fail('card.url_scheme')
  call.schedule(body.endsAt, 'end')
  return { phase: 'on', left: body.stock, soldCount: 0 }
}

const cardWith = (keeper: ProductKeeper | undefined) =>
  serveCard(flashSale, {
    open: (call) => open(call, keeper),
    actions: {
      async take(call, { quantity }) {
        await take(call, { userId: call.actorId, quantity, isMember: true }, keeper)
      },
      async release(call) {
        const { hold } = (await call.mineOf(call.actorId)) ?? nothing
        if (hold === null) return call.fail('flash_sale.no_hold')
        await giveBack(call, [{ ...hold, userId: call.actorId }], 'given_up')
      },
    },
    jobs: {
      /** [FS5] Gives back what is due and plans the next; of a void sale all that stands. */
      async sweep(call) {
        const standing = await listStanding(call)
        if (call.state.void === true) return giveBack(call, standing, 'void')
        await giveBack(
          call,
          standing.filter((hold) => hold.until <= call.now),
          'timeout',
        )
        const next = standing.find((hold) => hold.until > call.now)
        if (next !== undefined) call.schedule(next.until, 'sweep')
      },
      end: endOrVoid,
    },
    recallable: (state, body) => (state.left === body.stock ? true : 'flash_sale.ended'),
    async recalled(call) {
      call.cancelJob('end')
      await keepSold(call)
    },
  })

export interface FlashSaleOptions {
  /** Who keeps the host's catalogue: the first of them, and without one no sale is posted. */
  readonly products?: readonly ProductKeeper[]
}
export function createFlashSale({ products = [] }: FlashSaleOptions = {}): Feature {
  return defineFeature({
    name: 'flash-sale',
    migrations,
    cards: [cardWith(products[0])],
    endpoints: endpointsWith(products[0]),
    guards: products.slice(0, 1).map((keeper) => guardOf(offerKind, keeper)),
    reactions: [onOrder, ...products.slice(0, 1).flatMap(onVoid)],
    audits: [...ledgerAudits, ...audits],
  })
}
