/** What a merchant caps and whose it is: the scopes of budgets, spelt once for whoever spends, caps or reads. */
import { Type } from 'typebox'
import type { UserId } from './ids.ts'
import { dayIn, type Millis } from './time.ts'

/** Days of budgets are this zone's unless the server is made with another. */
export const budgetZone = 'Asia/Shanghai'

const campaign = '[A-Za-z0-9_.-]{1,40}'
export const CampaignName = Type.String({
  pattern: `^${campaign}$`,
  description: 'A campaign of the merchant: what is given in its name counts against its budget.',
})
export const BudgetScope = Type.String({
  pattern: `^(staff-day|member-day|campaign/${campaign})$`,
  description: '`staff-day`: each member of staff a day; `member-day`: each receiver a day; `campaign/<name>`: in all.',
})
/** Whether a campaign may be called so. */
export function isCampaign(name: string): boolean {
  return new RegExp(`^${campaign}$`).test(name)
}
/** One budget: of a scope, whose it is; '' for a scope that has one in all. */
export interface BudgetKey {
  readonly scope: string
  readonly subject: string
}

/** What a person gives or is given on a local day, `2026-11-25`. */
export function dayBudget(scope: 'staff-day' | 'member-day', userId: UserId, day: string): BudgetKey {
  return { scope, subject: `${userId}/${day}` }
}
/** What a member of staff gives on the day of an instant. */
export function staffDay(userId: UserId, at: Millis, timeZone = budgetZone): BudgetKey {
  return dayBudget('staff-day', userId, dayIn(timeZone, at))
}
/** What a person is given on the day of an instant, by whomever. */
export function memberDay(userId: UserId, at: Millis, timeZone = budgetZone): BudgetKey {
  return dayBudget('member-day', userId, dayIn(timeZone, at))
}
export function campaignBudget(name: string): BudgetKey {
  return { scope: `campaign/${name}`, subject: '' }
}
/** What a member of staff gives, in the name of a campaign or none; the host itself, '', has no day. */
export function givenBy(
  giver: { readonly userId: UserId; readonly campaign?: string | undefined },
  at: Millis,
  timeZone = budgetZone,
): BudgetKey[] {
  const { userId, campaign } = giver
  return [
    ...((userId as string) === '' ? [] : [staffDay(userId, at, timeZone)]),
    ...(campaign === undefined ? [] : [campaignBudget(campaign)]),
  ]
}
