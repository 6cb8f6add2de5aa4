/** What a sender has typed so far, and the packet it makes; pure, so that the form only draws it. */
import type { LocalText } from '@qun/contract'
import { formFaults, wholeOf, type FormFaults } from '@qun/ui'
import { countMax, shareMax, type PacketBody, type Voucher } from '../contract.ts'
import { amountText, countMaxText, leftText, mostText, packetTexts, shareMaxText } from './texts.ts'

export type Kind = 'lucky' | 'equal' | 'exclusive' | 'passphrase'
export interface PacketDraft {
  readonly kind: Kind
  /** What it gives where that is not points: coupons of one stock. */
  readonly voucher?: Voucher | undefined
  /** Of all shares; of each where they are equal. */
  readonly amount: string
  readonly count: string
  readonly exciting: boolean
  readonly greeting: string
  readonly recipientId: string
  readonly phrase: string
  readonly hint: string
}
export const emptyDraft: PacketDraft = {
  kind: 'lucky',
  amount: '',
  count: '',
  exciting: false,
  greeting: '',
  recipientId: '',
  phrase: '',
  hint: '',
}
/** What a packet may be here and now. */
export interface Bounds {
  /** Undefined until it is known. */
  readonly balance: number | undefined
  readonly shareMax: number
  readonly memberCount: number
}
const amountMax = countMax * shareMax
export const points = { currency: 'points' } as const

/** Whether `amount` is that of each share. Coupons are always shared evenly. */
export const isEach = ({ kind, voucher }: PacketDraft): boolean => kind === 'equal' || voucher !== undefined
export const countOf = (draft: PacketDraft): number | undefined =>
  draft.kind === 'exclusive' ? 1 : wholeOf(draft.count, countMax)
/** Points or coupons in all; undefined while what is typed is no amount. */
export function totalOf(draft: PacketDraft): number | undefined {
  const amount = wholeOf(draft.amount, amountMax)
  if (!isEach(draft)) return amount
  const count = countOf(draft)
  return amount === undefined || count === undefined ? undefined : amount * count
}

export function faultsOf(draft: PacketDraft, bounds: Bounds): FormFaults {
  const faults: Record<string, FormFaults[string]> = {}
  const total = totalOf(draft)
  const count = countOf(draft)
  const countLimit = Math.min(countMax, bounds.memberCount)
  if (wholeOf(draft.amount, amountMax) === undefined) faults['amount'] = formFaults.number
  else if (total !== undefined && count !== undefined) {
    const fault =
      draft.voucher === undefined ? pointsFault(total, count, bounds) : couponsFault(total, count, draft.voucher)
    if (fault !== undefined) faults['amount'] = fault
  }
  if (draft.kind !== 'exclusive' && (count === undefined || count > countLimit))
    faults['count'] = countMaxText(countLimit)
  if (draft.kind === 'exclusive' && draft.recipientId === '') faults['recipientId'] = packetTexts.recipientChoose
  if (draft.kind === 'passphrase' && draft.phrase.trim() === '') faults['phrase'] = formFaults.required
  return faults
}

function pointsFault(total: number, count: number, bounds: Bounds): LocalText | undefined {
  if (total < count) return packetTexts.tooSmall
  if (total > count * bounds.shareMax) return shareMaxText(amountText(points, bounds.shareMax))
  return bounds.balance !== undefined && total > bounds.balance ? packetTexts.noBalance : undefined
}
function couponsFault(total: number, count: number, { left, most }: Voucher): LocalText | undefined {
  if (total > count * most) return mostText(most)
  return total > left ? leftText(left) : undefined
}

/** The packet of a draft without faults. */
export function bodyOf(draft: PacketDraft): PacketBody {
  const { kind, exciting, voucher } = draft
  const greeting = draft.greeting.trim()
  const hint = draft.hint.trim()
  const isRandom = voucher === undefined && (kind === 'lucky' || kind === 'passphrase')
  return {
    currency: voucher?.currency ?? points.currency,
    amount: totalOf(draft) ?? 0,
    count: countOf(draft) ?? 1,
    split: !isRandom ? 'equal' : exciting ? 'exciting' : 'lucky',
    ...(greeting === '' ? {} : { greeting }),
    ...(kind === 'exclusive' ? { recipientId: draft.recipientId as NonNullable<PacketBody['recipientId']> } : {}),
    ...(kind === 'passphrase' ? { phrase: draft.phrase.trim(), ...(hint === '' ? {} : { hint }) } : {}),
  }
}
