/** What a merchant has typed so far, and the offer it makes; pure, so that the form only draws it. */
import { DAY, isCampaign, isSafeAddress, type BodyOf } from '@qun/contract'
import { fenOf, formFaults, gapsIn, spanMs, wholeOf, type DisclosedName, type FormFaults, type Span } from '@qun/ui'
import type { coupon, CouponKind, Terms } from '../contract.ts'
import { termsFault } from '../rules.ts'
import { disclosedOf } from './disclosed.ts'
import { couponTexts } from './texts.ts'

/** Who may claim, as the form offers it; people by name are the host's to tell. */
export const audienceChoices = {
  all: undefined,
  new: { newDays: 7 },
  old: { memberDays: 30 },
  'level-2': { levelMin: 2 },
  'level-3': { levelMin: 3 },
  'level-4': { levelMin: 4 },
} as const satisfies Record<string, Terms['audience']>
export type AudienceChoice = keyof typeof audienceChoices
export interface CouponDraft {
  readonly title: string
  readonly kind: CouponKind
  readonly amount: string
  readonly percent: string
  readonly cap: string
  readonly threshold: string
  readonly exchangeName: string
  readonly exchangeSku: string
  readonly total: string
  readonly perUser: string
  readonly perDay: string
  readonly lasts: Span
  readonly days: string
  readonly refund: NonNullable<Terms['refund']>
  readonly audience: AudienceChoice
  readonly skus: string
  readonly url: string
  /** Whose budget it counts against. */
  readonly campaign: string
  readonly note: string
  readonly contact: string
}
export const emptyDraft: CouponDraft = {
  title: '',
  kind: 'full',
  amount: '',
  percent: '',
  cap: '',
  threshold: '',
  exchangeName: '',
  exchangeSku: '',
  total: '100',
  perUser: '1',
  perDay: '',
  lasts: { amount: '3', unit: 'days' },
  days: '7',
  refund: 'return',
  audience: 'all',
  skus: '',
  url: '',
  campaign: '',
  note: '',
  contact: '',
}
/** Percent as typed, `15` or `33.33`, in hundredths of a percent. */
function bpOf(percent: string): number | undefined {
  const bp = fenOf(percent)
  return bp !== undefined && bp >= 1 && bp <= 10_000 ? bp : undefined
}
const isBlank = (typed: string) => typed.trim() === ''
const optionalFen = (typed: string) => (isBlank(typed) ? undefined : fenOf(typed))
const listOf = (typed: string) => [
  ...new Set(
    typed
      .split(/[,，、\s]+/)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
]

/** Which figure of a kind says what it takes off at most. */
const figuresOf = (kind: CouponKind) => {
  const hasCap = kind === 'percent' || kind === 'exchange'
  return { hasAmount: !hasCap, hasCap }
}
export function faultsOf(draft: CouponDraft): FormFaults {
  const { kind } = draft
  const total = wholeOf(draft.total, 1_000_000)
  const perDay = wholeOf(draft.perDay, 1_000_000)
  const money = (name: 'amount' | 'cap' | 'threshold', isNeeded: boolean) =>
    fenOf(draft[name]) === undefined && (isNeeded || !isBlank(draft[name])) && { [name]: formFaults.money }
  const { hasAmount, hasCap } = figuresOf(kind)
  const isLow = kind === 'full' && (fenOf(draft.threshold) ?? 0) < (fenOf(draft.amount) ?? 0)
  return {
    ...gapFaults(draft),
    ...(hasAmount && money('amount', true)),
    ...(hasAmount && fenOf(draft.amount) === 0 && { amount: formFaults.money }),
    ...(kind === 'percent' && bpOf(draft.percent) === undefined && { percent: couponTexts.percentFault }),
    // [V2] It says what it takes off at most.
    ...(hasCap && money('cap', true)),
    ...(hasCap && fenOf(draft.cap) === 0 && { cap: formFaults.money }),
    ...money('threshold', kind === 'full'),
    ...(isLow && fenOf(draft.threshold) !== undefined && { threshold: couponTexts.thresholdFault }),
    ...(kind === 'exchange' && isBlank(draft.exchangeName) && { exchangeName: formFaults.required }),
    ...(kind === 'exchange' && isBlank(draft.exchangeSku) && { exchangeSku: formFaults.required }),
    ...(total === undefined && { total: formFaults.number }),
    ...(wholeOf(draft.perUser, 20) === undefined && { perUser: formFaults.number }),
    ...(!isBlank(draft.perDay) && perDay === undefined && { perDay: formFaults.number }),
    ...(perDay !== undefined && total !== undefined && perDay > total && { perDay: couponTexts.perDayFault }),
    ...(spanMs(draft.lasts) === undefined && { lasts: formFaults.number }),
    ...(wholeOf(draft.days, 365) === undefined && { days: formFaults.number }),
    ...(!isBlank(draft.campaign) && !isCampaign(draft.campaign.trim()) && { campaign: couponTexts.campaignFault }),
    ...(!isBlank(draft.url) && !isSafeAddress(draft.url.trim()) && { url: couponTexts.urlFault }),
  }
}
/** Where a line of the rules is typed; the others have a value whatever is typed, or a fault of their own. */
const fieldOf: Partial<Record<DisclosedName, keyof CouponDraft>> = { offer: 'title', contact: 'contact' }
/** [E-22] Lines that would say nothing. The name of whose it is is the server's to fill in. */
function gapFaults(draft: CouponDraft): FormFaults {
  const body = { ...bodyOf(draft, 0), terms: termsOf(draft, 0) }
  const gaps = gapsIn(disclosedOf(body, { text: (words) => words['zh-CN'], date: String }))
  const fields = gaps.map((name) => fieldOf[name]).filter((field) => field !== undefined)
  return Object.fromEntries(fields.map((field) => [field, formFaults.required]))
}
/** Terms of a draft as far as it goes; times count from `now`, the server's. */
export function termsOf(draft: CouponDraft, now: number): Terms {
  const { kind } = draft
  const from = Math.round(now)
  const skus = listOf(draft.skus)
  const { hasAmount, hasCap } = figuresOf(kind)
  const amountFen = optionalFen(draft.amount)
  const thresholdFen = optionalFen(draft.threshold)
  const capFen = optionalFen(draft.cap)
  return {
    kind,
    ...(hasAmount && amountFen !== undefined && { amountFen }),
    ...(kind === 'percent' && { offBp: bpOf(draft.percent) ?? 0 }),
    ...(hasCap && capFen !== undefined && { capFen }),
    ...(thresholdFen !== undefined && thresholdFen > 0 && { thresholdFen }),
    ...(kind === 'exchange' && { exchange: { sku: draft.exchangeSku.trim(), name: draft.exchangeName.trim() } }),
    ...(skus.length > 0 && kind !== 'exchange' && { scope: { skus } }),
    total: wholeOf(draft.total, 1_000_000) ?? 0,
    perUser: wholeOf(draft.perUser, 20) ?? 1,
    ...(!isBlank(draft.perDay) && { perDay: wholeOf(draft.perDay, 1_000_000) ?? 1 }),
    claim: { from, until: from + (spanMs(draft.lasts) ?? DAY) },
    validity: { mode: 'relative', afterDays: 0, forDays: wholeOf(draft.days, 365) ?? 1 },
    refund: draft.refund,
    ...(draft.audience !== 'all' && { audience: audienceChoices[draft.audience] }),
    ...(!isBlank(draft.campaign) && { campaign: draft.campaign.trim() }),
    ...(!isBlank(draft.url) && { url: draft.url.trim() }),
    ...(!isBlank(draft.note) && { note: draft.note.trim() }),
  }
}
/** The offer of a draft without faults. */
export function bodyOf(draft: CouponDraft, now: number): BodyOf<typeof coupon> {
  return { title: draft.title.trim(), contact: draft.contact.trim(), terms: termsOf(draft, now) }
}
/** Whether what was typed makes a coupon one can show. */
export function isShowable(draft: CouponDraft, now: number): boolean {
  return termsFault(termsOf(draft, now), now) === undefined
}
