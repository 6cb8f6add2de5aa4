/** When a link still lets people in, and when an order leads to an invitation: pure functions. */
import { linkLifeMs, memberLinkLifeMaxMs, type OrderInvitationRule } from './contract.ts'

export interface LinkTerms {
  readonly expiresAt: number | null
  readonly maxUses: number | null
  readonly uses: number
  readonly revokedAt: number | null
}
/** [IN3] The code with which a link refuses a newcomer, if it does. Who used it before costs no further use. */
export function linkFault(
  link: LinkTerms,
  now: number,
  usedBefore: boolean,
): 'invite.revoked' | 'invite.expired' | 'invite.exhausted' | undefined {
  if (link.revokedAt !== null) return 'invite.revoked'
  if (link.expiresAt !== null && now >= link.expiresAt) return 'invite.expired'
  if (!usedBefore && link.maxUses !== null && link.uses >= link.maxUses) return 'invite.exhausted'
  return undefined
}

/**
 * [IN2] When a link ends: seven days from `now` unless `lifeMs` says otherwise; null never. Undefined if this is not
 * allowed: no time at all, or more than a plain member may give.
 */
export function linkEnd(lifeMs: number | null | undefined, isAdmin: boolean, now: number): number | null | undefined {
  if (lifeMs === undefined) return now + linkLifeMs
  if (lifeMs === null) return isAdmin ? null : undefined
  if (lifeMs < 60_000 || lifeMs > (isAdmin ? 3_650 * 86_400_000 : memberLinkLifeMaxMs)) return undefined
  return now + lifeMs
}

export type OrderStatus = 'paid' | 'received' | 'refunded' | 'cancelled'
/** [OI3] What is received was paid, also when nobody told so. */
export function isTriggered(on: OrderInvitationRule['on'], status: OrderStatus): boolean {
  return status === 'received' || (status === 'paid' && on === 'paid')
}
/** [OI8] Refunded or cancelled: what it led to is taken back. */
export function isEnded(status: OrderStatus): boolean {
  return status === 'refunded' || status === 'cancelled'
}

const dayMs = 86_400_000
/** The window of `maxPerMonth`, in milliseconds. */
export const monthMs = 30 * dayMs
/** [OI4] Why this person is not asked once more, if so. `askedAts` are the instants of their earlier offers. */
export function askFault(
  rule: Pick<OrderInvitationRule, 'coolDownDays' | 'maxPerMonth'>,
  askedAts: readonly number[],
  now: number,
): 'cool_down' | 'month_limit' | undefined {
  const last = askedAts.reduce((latest, at) => Math.max(latest, at), -Infinity)
  if (now - last < rule.coolDownDays * dayMs) return 'cool_down'
  if (askedAts.filter((at) => now - at < monthMs).length >= rule.maxPerMonth) return 'month_limit'
  return undefined
}

/** [OI7] The first three things of an order, which come as plain short text; pictures by https alone. */
export function itemsOf(
  items: readonly { readonly title: string; readonly image?: string }[],
): { title: string; image?: string }[] {
  return items.slice(0, 3).map(({ title, image }) => ({
    title,
    ...(image?.startsWith('https://') === true ? { image } : {}),
  }))
}
