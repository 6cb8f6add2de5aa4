/** [CP21] What coupons count against: the giver's day, the campaign, the receiver's day. */
import { givenBy, memberDay, type UserId } from '@qun/contract'
import type { Call, GroupIssuer } from '@qun/core'
import { spendAll } from '@qun/ledger'
import { spendingOf } from './server-parts.ts'

/** Coupons are worth fen. */
export const currency = 'CNY'

/** Refuses `budget.exhausted`, and then what was given in this decision is not kept. */
export async function spendFor(
  call: Call,
  items: readonly { readonly couponId: string; readonly userId: UserId; readonly worthFen: number }[],
  giver: { readonly userId: UserId; readonly campaign?: string | undefined },
  issuer: GroupIssuer,
): Promise<void> {
  const given = givenBy(issuer, giver, call.now)
  await spendAll(
    call,
    items.map(({ couponId, userId, worthFen }) => ({
      ref: spendingOf(couponId),
      currency,
      amount: worthFen,
      against: [...given, memberDay(issuer, userId, call.now)],
    })),
  )
}
