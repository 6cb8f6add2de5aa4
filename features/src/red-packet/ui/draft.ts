/** What a sender has typed so far, and the packet it makes; pure, so that the form only draws it. */
import { formFaults, wholeOf, type FormFaults } from '@qun/ui'
import { countMax, shareMax, type PacketBody } from '../contract.ts'
import { amountText, countMaxText, packetTexts, shareMaxText } from './texts.ts'

export type Kind = 'lucky' | 'equal' | 'exclusive' | 'passphrase'
export interface PacketDraft {
  readonly kind: Kind
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

export const countOf = (draft: PacketDraft): number | undefined =>
  draft.kind === 'exclusive' ? 1 : wholeOf(draft.count, countMax)
/** Points in all; undefined while what is typed is no amount. */
export function totalOf(draft: PacketDraft): number | undefined {
  const amount = wholeOf(draft.amount, amountMax)
  if (draft.kind !== 'equal') return amount
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
    if (total < count) faults['amount'] = packetTexts.tooSmall
    else if (total > count * bounds.shareMax) faults['amount'] = shareMaxText(amountText('points', bounds.shareMax))
    else if (bounds.balance !== undefined && total > bounds.balance) faults['amount'] = packetTexts.noBalance
  }
  if (draft.kind !== 'exclusive' && (count === undefined || count > countLimit))
    faults['count'] = countMaxText(countLimit)
  if (draft.kind === 'exclusive' && draft.recipientId === '') faults['recipientId'] = packetTexts.recipientChoose
  if (draft.kind === 'passphrase' && draft.phrase.trim() === '') faults['phrase'] = formFaults.required
  return faults
}

/** The packet of a draft without faults. */
export function bodyOf(draft: PacketDraft): PacketBody {
  const { kind, exciting } = draft
  const greeting = draft.greeting.trim()
  const hint = draft.hint.trim()
  const isRandom = kind === 'lucky' || kind === 'passphrase'
  return {
    currency: 'points',
    amount: totalOf(draft) ?? 0,
    count: countOf(draft) ?? 1,
    split: !isRandom ? 'equal' : exciting ? 'exciting' : 'lucky',
    ...(greeting === '' ? {} : { greeting }),
    ...(kind === 'exclusive' ? { recipientId: draft.recipientId as NonNullable<PacketBody['recipientId']> } : {}),
    ...(kind === 'passphrase' ? { phrase: draft.phrase.trim(), ...(hint === '' ? {} : { hint }) } : {}),
  }
}
