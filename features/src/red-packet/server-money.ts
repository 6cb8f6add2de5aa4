/** Where the money of a packet comes from and what its accounts and transfers are called. Knows no card. */
import { dayIn, type UserId } from '@qun/contract'
import type { OpenCall } from '@qun/core'
import { spend, unspend, type LedgerCall } from '@qun/ledger'
import type { PacketBody, redPacket } from './contract.ts'
import { maySpendBudget } from './rules.ts'

interface At {
  readonly groupId: string
  readonly seq: number
}
/** The packet's own account: what it holds is the sum of its open shares. */
export const escrowOf = ({ groupId, seq }: At): string => `escrow/${groupId}/${seq}`
/** The business key of one of its transfers: `fund`, `open/<userId>`, `refund`. */
export const refOf = ({ groupId, seq }: At, what: string): string => `red-packet/${groupId}/${seq}/${what}`

/** The account that pays: the sender's own, or a budget of the shop, which counts against the day of who spends it. */
export async function takeBudget(call: OpenCall<typeof redPacket>, timeZone: string): Promise<string> {
  const { body, actorId, now } = call
  const { budget, currency, amount } = body
  const isHost = (actorId as string) === ''
  if (budget === undefined) return isHost ? call.fail('redpacket.budget_forbidden') : `user/${actorId}`
  if (!isHost) {
    const member = await call.findMember(actorId)
    if (member === undefined || !maySpendBudget(member)) call.fail('redpacket.budget_forbidden')
    await spend(call, { scope: 'staff-day', subject: subjectOf(actorId, now, timeZone), currency, amount })
  }
  return `budget/${budget}`
}
/** What came back was not spent after all, on the day it was taken. */
export async function giveBackBudget(
  call: LedgerCall & { readonly senderId: UserId; readonly at: number },
  { budget, currency }: PacketBody,
  amount: number,
  timeZone: string,
): Promise<void> {
  const { senderId, at } = call
  if (budget === undefined || (senderId as string) === '' || amount === 0) return
  await unspend(call, { scope: 'staff-day', subject: subjectOf(senderId, at, timeZone), currency, amount })
}
/** `wang/2026-11-25` */
function subjectOf(userId: UserId, at: number, timeZone: string): string {
  return `${userId}/${dayIn(timeZone, at)}`
}
