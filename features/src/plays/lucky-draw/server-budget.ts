/** [LD26] What a draw counts against budgets: all its prizes when posted, in the end those that were given. */
import { givenBy, refuse } from '@qun/contract'
import { issuerOfGroup, type OpenCall } from '@qun/core'
import { spend, unspend, type LedgerCall } from '@qun/ledger'
import type { luckyDraw, Proof } from './contract.ts'
import { worthOf, worthOfWon } from './rules.ts'

/** Prizes are worth fen. */
const currency = 'CNY'
const refOf = ({ groupId, seq }: { readonly groupId: string; readonly seq: number }) => `lucky-draw/${groupId}/${seq}`

/** Refuses `budget.exhausted`: a draw that would pass a cap is not posted. */
export async function countPrizes(call: OpenCall<typeof luckyDraw>): Promise<void> {
  const { body, actorId, now } = call
  const amount = worthOf(body.prizes)
  if (amount === 0) return
  const issuer = await issuerOfGroup(call, call.groupId)
  if (issuer === undefined) throw refuse('merchant.not_issuer')
  const against = givenBy(issuer, { userId: actorId, campaign: body.campaign }, now)
  await spend(call, { ref: refOf(call), currency, amount, against })
}
type Given = LedgerCall & Parameters<typeof refOf>[0] & { readonly body: Parameters<typeof worthOfWon>[0] }
/** From here on only prizes of these winners count. */
export async function keepPrizes(call: Given, winners: Proof['winners']): Promise<void> {
  await unspend(call, refOf(call), worthOfWon(call.body, winners))
}
