/**
 * Recorded cash: what a member opened, and what comes back to a sender, is paid out by the host's provider. The share
 * is theirs from the decision on; the provider is asked until it has an answer, always under the same key. Knows no
 * state.
 */
import type { Millis, UserId } from '@qun/contract'
import type { CardCall } from '@qun/core'
import { advance, findInstruction, instruct, type PaymentProvider } from '@qun/ledger'
import type { redPacket } from './contract.ts'
import { refOf } from './server-money.ts'
import { listClaims } from './store.ts'

/** The currency that is paid out; others are nobody's but ours. */
export const cash = 'CNY'
/** Instructions one run of the job carries out: the card is locked while the provider is asked. */
const atOnce = 20
const allClaims = { after: 0, limit: 1_000 }

type PacketCall = CardCall<typeof redPacket>
const keyOf = (call: PacketCall, userId: string) => refOf(call, `pay/${userId}`)
const refundKeyOf = (call: PacketCall) => refOf(call, 'pay-back')

/** [RP10] Writes down what the provider is to pay, in the decision that gave it; the job carries it out. */
export async function payOut(
  call: PacketCall,
  provider: PaymentProvider | undefined,
  to: { readonly userId: UserId; readonly amount: number; readonly isRefund: boolean },
): Promise<void> {
  const { currency } = call.body
  if (currency !== cash || provider === undefined) return
  const { userId, amount, isRefund } = to
  await instruct(call, {
    key: isRefund ? refundKeyOf(call) : keyOf(call, userId),
    provider: provider.name,
    kind: 'pay-out',
    currency,
    amount,
    userId,
    account: `user/${userId}`,
  })
  call.schedule(call.now, 'pay')
}
/** [RP10] One step of each payment that is not settled; comes again when the next of them is due. */
export async function carryOut(call: PacketCall, provider: PaymentProvider | undefined): Promise<void> {
  if (provider === undefined) return
  const claims = await listClaims(call, allClaims)
  const keys = [...claims.map(({ userId }) => keyOf(call, userId)), refundKeyOf(call)]
  const known = await Promise.all(keys.map((key) => findInstruction(call, key)))
  const waiting = known.filter((one) => one !== undefined && one.state !== 'confirmed' && one.state !== 'failed')
  // Those tried least come first, so that one whom the provider does not know holds up nobody.
  const turn = waiting.toSorted((a, b) => (a?.attempts ?? 0) - (b?.attempts ?? 0)).slice(0, atOnce)
  let nextAt: Millis | undefined = waiting.length > turn.length ? call.now : undefined
  for (const one of turn) {
    const { next, instruction } = await advance(call, provider, one?.key ?? '')
    if (next !== undefined) nextAt = Math.min(nextAt ?? next, next)
    // A provider that does not answer must not hold the card once more for each.
    if (instruction.trouble === null || next === undefined) continue
    nextAt = next
    break
  }
  if (nextAt !== undefined) call.schedule(nextAt, 'pay')
}
