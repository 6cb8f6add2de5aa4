/** Where the money of a packet comes from and what its accounts and transfers are called. Knows no card. */
import { fundAccount, givenBy, mainMerchant, memberDay, pointsOf, programmeOf } from '@qun/contract'
import { issuerOfGroup, type ActionCall, type GroupIssuer, type OpenCall } from '@qun/core'
import { spend, trySpend, unspend, type LedgerCall } from '@qun/ledger'
import type { PacketBody, PacketState, redPacket } from './contract.ts'
import { maySpendBudget } from './rules.ts'

interface At {
  readonly groupId: string
  readonly seq: number
}
/** The packet's own account: what it holds is the sum of its open shares. */
export const escrowOf = ({ groupId, seq }: At): string => `escrow/${groupId}/${seq}`
/** The business key of one of its transfers: `fund`, `open/<userId>`, `refund`. */
export const refOf = ({ groupId, seq }: At, what: string): string => `red-packet/${groupId}/${seq}/${what}`

// ── whose points ──
const points = 'points'
/** [MER3] The ledger's currency of a packet: points are the group's merchant's, and a friends' group has none. */
export function currencyHere(call: OpenCall<typeof redPacket>, issuer: GroupIssuer | undefined): string {
  const { currency } = call.body
  if (currency !== points) return currency
  return issuer === undefined ? call.fail('redpacket.no_points') : issuer.points
}
/** What the card keeps of it: nothing for the points the host gives itself. */
export function programmeKept(currency: string): Pick<PacketState, 'programme'> {
  const programme = programmeOf(currency)
  return programme === undefined || programme === mainMerchant ? {} : { programme }
}
/** The same once it was posted. */
export function currencyOf({ currency }: PacketBody, { programme }: PacketState): string {
  return currency === points && programme !== undefined ? pointsOf(programme) : currency
}

// ── who pays ──
/**
 * [RP2] [RP11] The account that pays: the sender's own, or a budget of the shop, which counts against the day of who
 * spends it and the campaign it is given for.
 */
export async function takeBudget(
  call: OpenCall<typeof redPacket>,
  issuer: GroupIssuer | undefined,
  currency: string,
): Promise<string> {
  const { body, actorId, now } = call
  const { budget, campaign, amount } = body
  const isHost = (actorId as string) === ''
  // Nobody uses up a campaign with points of their own.
  if (budget === undefined) return isHost || campaign !== undefined ? forbid(call) : `user/${actorId}`
  const member = isHost ? undefined : await call.findMember(actorId)
  if (issuer === undefined || (!isHost && (member === undefined || !maySpendBudget(member)))) return forbid(call)
  const against = givenBy(issuer, { userId: actorId, campaign }, now)
  await spend(call, { ref: refOf(call, 'fund'), currency, amount, against })
  return fundAccount(issuer.merchantId, budget)
}
const forbid = (call: OpenCall<typeof redPacket>): never => call.fail('redpacket.budget_forbidden')
/** [RP2] What came back was not spent after all. */
export async function giveBackBudget(call: LedgerCall & At, { amount }: PacketBody, refunded: number): Promise<void> {
  if (refunded > 0) await unspend(call, refOf(call, 'fund'), amount - refunded)
}
/** [RP11] Whether the actor's day has room for a share the shop pays; counts it if it has. */
export async function takeShare(
  call: ActionCall<typeof redPacket>,
  amount: number,
): Promise<'budget.exhausted' | undefined> {
  const { body, actorId, now } = call
  if (body.budget === undefined) return undefined
  const issuer = await issuerOfGroup(call, call.groupId)
  const against = issuer === undefined ? [] : [memberDay(issuer, actorId, now)]
  const currency = currencyOf(body, call.state)
  const spending = { ref: refOf(call, `open/${actorId}`), currency, amount, against }
  return (await trySpend(call, [spending])) ? undefined : 'budget.exhausted'
}
