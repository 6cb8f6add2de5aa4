/** What members read of packets beside the card: who opened one, and what they could send one of. */
import { issuerOfGroup, serveEndpoint, type EndpointServer } from '@qun/core'
import { balanceOf } from '@qun/ledger'
import { claimsOf, countMax, purseOf, redPacket, vouchersOf, type PacketState } from './contract.ts'
import type { ShareLimits } from './rules.ts'
import { cash } from './server-cash.ts'
import type { Keepers } from './server-vouchers.ts'
import { hasClaimed, listClaims, readPacket, readShares } from './store.ts'

/** Amounts are told to who has one, and to all once nobody can be disappointed by them. */
const claims = serveEndpoint(claimsOf, async (call) => {
  const { groupId, seq } = call.params
  const message = await call.readMessage(groupId, seq)
  if (message.kind !== redPacket.kind || message.recalled !== undefined) call.fail('redpacket.not_found')
  const state = message.state as PacketState
  const place = { tx: call.tx, appId: call.appId, groupId, seq }
  const page = { after: call.query.after ?? 0, limit: call.query.limit ?? 100 }
  const [rows, isClaimer] = await Promise.all([listClaims(place, page), hasClaimed(place, call.actorId)])
  const isOver = state.phase !== 'open'
  const people = await call.findUsers(rows.map(({ userId }) => userId))
  return {
    claims: rows.map(({ ord, userId, at, amount }) => ({
      place: ord + 1,
      userId,
      name: people.get(userId)?.name ?? userId,
      avatar: people.get(userId)?.avatar ?? '',
      at,
      amount: isOver || isClaimer ? amount : null,
    })),
    claimedCount: state.claimedCount,
    proof: isOver ? { secret: (await readPacket(place)).secret, shares: await readShares(place) } : null,
  }
})

interface ReadingTerms {
  readonly limits: ShareLimits
  readonly cash: unknown
  readonly keepers: Keepers
}
export function endpointsOf({ limits, cash: provider, keepers }: ReadingTerms): EndpointServer[] {
  const purse = serveEndpoint(purseOf, async (call) => {
    const issuer = await issuerOfGroup(call, call.params.groupId)
    const held: [currency: string, inLedger: string][] = []
    if (issuer !== undefined) held.push(['points', issuer.points])
    if (provider !== undefined) held.push([cash, cash])
    const purses = held.map(async ([currency, inLedger]) => ({
      currency,
      balance: await balanceOf(call, `user/${call.actorId}`, inLedger),
    }))
    return { purses: await Promise.all(purses), shareMax: limits.max, countMax }
  })
  const vouchers = serveEndpoint(vouchersOf, async (call) => {
    const lists = await Promise.all(keepers.map((keeper) => keeper.list(call, call.params.groupId)))
    return { vouchers: lists.flat() }
  })
  return [claims, purse, vouchers]
}
