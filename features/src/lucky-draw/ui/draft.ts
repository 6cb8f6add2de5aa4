/** What a merchant has typed so far, and the card it makes; pure, so that the form only draws it. */
import { DAY, HOUR, MINUTE, SECOND, type BodyOf, type LocalText } from '@qun/contract'
import { unitsMax, type luckyDraw } from '../contract.ts'
import { drawTexts } from './texts.ts'

export interface PrizeDraft {
  /** Tells rows apart while they are added and removed. */
  readonly id: number
  readonly name: string
  readonly quantity: string
  /** Yuan as typed. */
  readonly worth: string
}
export interface DrawDraft {
  readonly title: string
  readonly prizes: readonly PrizeDraft[]
  readonly amount: string
  readonly unit: 'minutes' | 'hours' | 'days'
  /** How long after entries close the draw is held. */
  readonly drawAfterMs: number
  readonly organiser: string
  readonly contact: string
  readonly conditions: string
  readonly method: string
  readonly entropy: 'none' | 'group'
  /** Days in which winners claim; '0' sets no limit. */
  readonly claimDays: '0' | '7' | '30'
}
export type DrawBody = BodyOf<typeof luckyDraw>
/** Field name to what is wrong with it; prize fields are `name-<id>` and so on. */
export type Faults = Readonly<Record<string, LocalText>>

const unitMs = { minutes: MINUTE, hours: HOUR, days: DAY } as const
export const drawAfterChoices = [10 * SECOND, MINUTE, 10 * MINUTE] as const

export function emptyDraft(organiser: string, word: (text: LocalText) => string): DrawDraft {
  return {
    title: '',
    prizes: [{ id: 1, name: '', quantity: '1', worth: '' }],
    amount: '30',
    unit: 'minutes',
    drawAfterMs: drawAfterChoices[0],
    organiser,
    contact: word(drawTexts.contactDefault),
    conditions: word(drawTexts.conditionsDefault),
    method: word(drawTexts.methodDefault),
    entropy: 'group',
    claimDays: '7',
  }
}

/** Yuan as typed to integer fen, without ever being a fraction; undefined for what is no amount. */
export function fenOf(yuan: string): number | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(yuan.trim())
  if (parts === null) return undefined
  return Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
}
/** A whole number from 1 to `max`; undefined for anything else. */
function countOf(typed: string, max: number): number | undefined {
  const count = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : 0
  return count >= 1 && count <= max ? count : undefined
}

export function faultsOf(draft: DrawDraft): Faults {
  const faults: Record<string, LocalText> = {}
  for (const name of ['title', 'organiser', 'contact', 'conditions', 'method'] as const) {
    if (draft[name].trim() === '') faults[name] = drawTexts.required
  }
  if (countOf(draft.amount, 999) === undefined) faults['amount'] = drawTexts.numberInvalid
  for (const prize of draft.prizes) {
    if (prize.name.trim() === '') faults[`name-${prize.id}`] = drawTexts.required
    if (countOf(prize.quantity, unitsMax) === undefined) faults[`quantity-${prize.id}`] = drawTexts.numberInvalid
    if (fenOf(prize.worth) === undefined) faults[`worth-${prize.id}`] = drawTexts.moneyInvalid
  }
  return faults
}

/** The card of a draft without faults; times count from `now`, the server's. */
export function bodyOf(draft: DrawDraft, now: number): DrawBody {
  const closesAt = Math.round(now) + Number(draft.amount) * unitMs[draft.unit]
  return {
    title: draft.title.trim(),
    prizes: draft.prizes.map((prize) => ({
      name: prize.name.trim(),
      quantity: Number(prize.quantity),
      valueFen: fenOf(prize.worth) ?? 0,
    })),
    closesAt,
    drawsAt: closesAt + draft.drawAfterMs,
    organiser: draft.organiser.trim(),
    contact: draft.contact.trim(),
    conditions: draft.conditions.trim(),
    method: draft.method.trim(),
    entropy: { mode: draft.entropy },
    ...(draft.claimDays !== '0' && { claimDays: Number(draft.claimDays) }),
  }
}
