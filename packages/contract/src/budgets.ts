/**
 * What a merchant caps and whose it is: the scopes of budgets, spelt once for whoever spends, caps or reads. A scope is
 * counted for each merchant by itself (`staff-day@camellia`); a cap told without a merchant is the app's, for every
 * merchant that has none of its own; without that either, the one below holds [MER5].
 */
import { Type } from 'typebox'
import type { UserId } from './ids.ts'
import { dayIn, type Millis } from './time.ts'

/** Whose day it is where nobody told a zone, neither of the merchant nor of the app. */
export const defaultZone = 'Asia/Shanghai'
/** Who gives what the host gives without naming a merchant. */
export const mainMerchant = 'main'

const campaign = '[A-Za-z0-9_.-]{1,40}'
export const CampaignName = Type.String({
  pattern: `^${campaign}$`,
  description: 'A campaign of the merchant: what is given in its name counts against its budget.',
})
export const BudgetScope = Type.String({
  pattern: `^(staff-day|member-day|merchant-day|merchant-month|campaign/${campaign})$`,
  description:
    '`staff-day`: each member of staff a day; `member-day`: each receiver a day; `merchant-day` and ' +
    '`merchant-month`: all that a merchant gives; `campaign/<name>`: in all.',
})
/** Whether a campaign may be called so. */
export function isCampaign(name: string): boolean {
  return new RegExp(`^${campaign}$`).test(name)
}
/** One budget: of a merchant's scope, whose it is; '' for a scope that has one in all. */
export interface BudgetKey {
  readonly scope: string
  readonly subject: string
}
/** [MER3] [MER8] Who gives, and whose midnight ends the day. */
export interface Issuer {
  readonly merchantId: string
  readonly timeZone: string
}

// ── caps ──
/** A merchant's scope. */
export function scopeOf(merchantId: string, scope: string): string {
  return `${scope}@${merchantId}`
}
/** The scope without its merchant: the one an app's cap is of. */
export function scopeWithin(scope: string): string {
  return scope.split('@', 1)[0] as string
}
interface Caps {
  readonly points: number
  /** Fen. */
  readonly CNY: number
}
/** [MER5] Caps where nobody told one: what a shop of a hundred groups gives on its best day. Nothing is endless. */
export const defaultCaps: Readonly<Record<string, Caps>> = {
  'staff-day': { points: 1_000_000, CNY: 2_000_000 },
  'member-day': { points: 100_000, CNY: 200_000 },
  campaign: { points: 10_000_000, CNY: 20_000_000 },
  'merchant-day': { points: 10_000_000, CNY: 20_000_000 },
  'merchant-month': { points: 100_000_000, CNY: 100_000_000 },
}
/** Of a merchant's or an app's scope; null for pieces, which their stock bounds. */
export function defaultCapOf(scope: string, currency: string): number | null {
  const caps = defaultCaps[scopeWithin(scope).split('/', 1)[0] as string]
  if (caps === undefined) return null
  if (currency === 'CNY') return caps.CNY
  return isPoints(currency) ? caps.points : null
}

// ── points ──
/**
 * [MER3] The ledger's currency of a programme of points. Each merchant has its own unless the host declared that some
 * share one; that of `main` is the one there was before there were merchants.
 */
export function pointsOf(programme: string): string {
  return programme === mainMerchant ? 'points' : `points:${programme}`
}
export function isPoints(currency: string): boolean {
  return currency === 'points' || currency.startsWith('points:')
}
/** Undefined for what are no points. */
export function programmeOf(currency: string): string | undefined {
  if (currency === 'points') return mainMerchant
  return currency.startsWith('points:') ? currency.slice('points:'.length) : undefined
}

// ── funds ──
/** The ledger's account of what a merchant set aside under a name; that of `main` is named as before. */
export function fundAccount(merchantId: string, name: string): string {
  return merchantId === mainMerchant ? `budget/${name}` : `budget/${merchantId}/${name}`
}

// ── whose ──
/** What a person gives or is given on a local day, `2026-11-25`. */
export function dayBudget(
  merchantId: string,
  scope: 'staff-day' | 'member-day',
  userId: UserId,
  day: string,
): BudgetKey {
  return { scope: scopeOf(merchantId, scope), subject: `${userId}/${day}` }
}
/** What a member of staff gives on the day of an instant. */
export function staffDay({ merchantId, timeZone }: Issuer, userId: UserId, at: Millis): BudgetKey {
  return dayBudget(merchantId, 'staff-day', userId, dayIn(timeZone, at))
}
/** What a person is given by a merchant on the day of an instant. */
export function memberDay({ merchantId, timeZone }: Issuer, userId: UserId, at: Millis): BudgetKey {
  return dayBudget(merchantId, 'member-day', userId, dayIn(timeZone, at))
}
export function merchantDay({ merchantId, timeZone }: Issuer, at: Millis): BudgetKey {
  return { scope: scopeOf(merchantId, 'merchant-day'), subject: dayIn(timeZone, at) }
}
export function merchantMonth({ merchantId, timeZone }: Issuer, at: Millis): BudgetKey {
  return { scope: scopeOf(merchantId, 'merchant-month'), subject: monthIn(timeZone, at) }
}
const monthIn = (timeZone: string, at: Millis): string => dayIn(timeZone, at).slice(0, 'YYYY-MM'.length)
export function campaignBudget(merchantId: string, name: string): BudgetKey {
  return { scope: scopeOf(merchantId, `campaign/${name}`), subject: '' }
}
/** [MER5] Whatever a merchant gives: by whom, in whose name, and in all. The host itself, '', has no day of staff. */
export function givenBy(
  issuer: Issuer,
  giver: { readonly userId: UserId; readonly campaign?: string | undefined },
  at: Millis,
): BudgetKey[] {
  const { userId, campaign } = giver
  return [
    ...((userId as string) === '' ? [] : [staffDay(issuer, userId, at)]),
    ...(campaign === undefined ? [] : [campaignBudget(issuer.merchantId, campaign)]),
    merchantDay(issuer, at),
    merchantMonth(issuer, at),
  ]
}
