/** [C-M02] [K-04] Which conditions for making a group are met, and how far the others are: pure functions. */
import {
  createdPerDayMax,
  type Credit,
  type Figures,
  type GroupKind,
  type GroupPolicy,
  type Stand,
} from './contract.ts'

/** What a low level leaves of a quota, rounded down. */
const lowShare = 4

/** [K-04] */
export function quotaFor(quota: number, credit: Credit): number {
  return credit === 'low' ? Math.floor(quota / lowShare) : quota
}
/** [MB1] Groups a person may make within a day. */
export const perDayFor = (credit: Credit): number => quotaFor(createdPerDayMax, credit)

/** Each condition of a policy with what there is; `owned` and `ofMerchant` count groups of the kind. */
export function standsOf(
  kind: GroupKind,
  policy: GroupPolicy,
  have: { readonly figures: Figures; readonly credit: Credit; readonly owned: number; readonly ofMerchant: number },
): Stand[] {
  const { followers, storeScore, verified, perPerson, perMerchant } = policy
  const { figures } = have
  const reached = (condition: Stand['condition'], is: number, needed: number | undefined): Stand[] =>
    needed === undefined ? [] : [{ condition, have: is, needed, met: is >= needed }]
  const within = (condition: Stand['condition'], is: number, most: number | undefined): Stand[] =>
    most === undefined ? [] : [{ condition, have: is, needed: most, met: is < most }]
  return [
    ...reached('followers', figures.followers, followers),
    ...reached('store-score', figures.storeScore, storeScore),
    ...reached('verified', Number(figures.verified), verified === true ? 1 : undefined),
    ...within('person-quota', have.owned, perPerson === undefined ? undefined : quotaFor(perPerson, have.credit)),
    ...(kind === 'merchant' ? within('merchant-quota', have.ofMerchant, perMerchant) : []),
  ]
}
