/** Serves group buys: glue between the card's contract, the rules, and the life of teams. */
import { defineFeature, serveCard, type Feature, type OpenCall } from '@qun/core'
import { ledgerAudits } from '@qun/ledger'
import { admitOffer, guardOf, isPaused, isVoid, type ProductKeeper } from '../../shared/offer/server.ts'
import { groupBuy } from './contract.ts'
import { audits } from './store-audits.ts'
import { offerFault } from './rules.ts'
import { hostWith } from './server-host.ts'
import { endOrVoid, keepBought, keepIfOver, offerKind, onVoid } from './server-offer.ts'
import {
  giveBack,
  keepPlace,
  mineOf,
  type OfferCall,
  type OfferState,
  settleTeam,
  teamsFrom,
  withdraw,
} from './server-teams.ts'
import { dueHolds, migrations, openTeams } from './store.ts'

/** Teams ended by one run of a job; more wait for the next. */
const settledAtOnce = 50

async function open(call: OpenCall<typeof groupBuy>, keeper: ProductKeeper | undefined): Promise<OfferState> {
  const product = await admitOffer(offerKind, call, keeper)
  const fault = offerFault({ ...call.body, singlePriceFen: product.priceFen }, call.now)
  if (fault !== undefined) call.fail(fault)
  call.schedule(call.body.endsAt, 'end')
  const { stock } = call.body
  const counts = { heldCount: 0, teamCount: 0, openCount: 0, completedCount: 0, soldCount: 0 }
  return { phase: 'on', left: stock, ...counts, teams: [] }
}

/** [GB7] [GB13] [GB18] Ends the open teams whose time is over, or all of an offer cancelled or void; plans the next. */
async function settle(call: OfferCall, keeper: ProductKeeper | undefined): Promise<void> {
  const ended = endedBefore(call.state)
  const first = await openTeams(call, { after: 0, limit: settledAtOnce })
  const due = first.filter((team) => ended !== undefined || team.until <= call.now)
  const why = ended ?? 'deadline'
  for (const team of await teamsFrom(call, due)) await settleTeam(call, team, why, () => isVoid(call, keeper))
  if (call.state.openCount === 0) return
  const next = due.length === first.length ? call.now : first[due.length]?.until
  call.schedule(next ?? call.now, 'settle')
}
/** Why no team of the offer waits for its deadline. */
function endedBefore(state: OfferState): 'cancelled' | 'void' | undefined {
  if (state.void === true) return 'void'
  return state.phase === 'cancelled' ? 'cancelled' : undefined
}
/** [GB4] Gives back what was not paid in time, and plans the next. */
async function sweep(call: OfferCall): Promise<void> {
  const all = call.state.phase !== 'on'
  const { due, nextAt } = await dueHolds(call, all ? Number.MAX_SAFE_INTEGER : call.now)
  await giveBack(call, due)
  if (nextAt !== undefined) call.schedule(all ? call.now : nextAt, 'sweep')
}

const checksOf = (call: OfferCall, keeper: ProductKeeper | undefined) => ({
  isVoid: () => isVoid(call, keeper),
  isPaused: () => isPaused(call, keeper),
})
const cardWith = (keeper: ProductKeeper | undefined) =>
  serveCard(groupBuy, {
    open: (call) => open(call, keeper),
    actions: {
      start: (call, { quantity }) =>
        keepPlace(call, { userId: call.actorId, quantity, teamNo: null }, checksOf(call, keeper)),
      join: (call, { teamNo, quantity }) =>
        keepPlace(call, { userId: call.actorId, quantity, teamNo }, checksOf(call, keeper)),
      async release(call) {
        const { place } = await mineOf(call, call.actorId)
        if (place?.status !== 'held') return call.fail('group_buy.no_place')
        await giveBack(call, [{ ...place, userId: call.actorId }])
        await keepIfOver(call)
      },
      async withdraw(call) {
        await withdraw(call, call.actorId, () => isVoid(call, keeper))
        await keepIfOver(call)
      },
      /** [GB13] */
      async cancel(call, { reason }) {
        if (call.state.phase !== 'on' || call.now >= call.body.endsAt) call.fail('group_buy.ended')
        call.setState({ ...call.state, phase: 'cancelled', cancelled: { reason, at: call.now } })
        call.cancelJob('end')
        call.schedule(call.now, 'settle')
        call.schedule(call.now, 'sweep')
        await keepIfOver(call)
      },
    },
    jobs: {
      async settle(call) {
        await settle(call, keeper)
        await keepIfOver(call)
      },
      async sweep(call) {
        await sweep(call)
        await keepIfOver(call)
      },
      end: endOrVoid,
    },
    recallable: (state) => (state.teamCount === 0 && state.heldCount === 0 ? true : 'group_buy.locked'),
    async recalled(call) {
      for (const job of ['end', 'settle', 'sweep']) call.cancelJob(job)
      await keepBought(call)
    },
  })

export interface GroupBuyOptions {
  /** Who keeps the host's catalogue: the first of them, and without one no offer is posted. */
  readonly products?: readonly ProductKeeper[]
}
export function createGroupBuy({ products = [] }: GroupBuyOptions = {}): Feature {
  const { endpoints, reactions } = hostWith(products[0])
  return defineFeature({
    name: 'group-buy',
    migrations,
    cards: [cardWith(products[0])],
    guards: products.slice(0, 1).map((keeper) => guardOf(offerKind, keeper)),
    audits: [...ledgerAudits, ...audits],
    endpoints,
    reactions: [...reactions, ...products.slice(0, 1).flatMap(onVoid)],
  })
}
