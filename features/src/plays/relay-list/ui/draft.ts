/** What somebody has typed of a list so far, and the card it makes; pure, so that the form only draws it. */
import { DAY, HOUR } from '@qun/contract'
import { fenOf, formFaults, wholeOf, type FormFaults } from '@qun/ui'
import { linesMax, type Field, type RelayBody } from '../contract.ts'
import { relayTexts } from './texts.ts'

export interface FieldDraft {
  /** Tells rows apart while they are added and removed. */
  readonly id: number
  readonly name: string
  readonly kind: Field['kind']
  /** Names of a choice, as typed in one line. */
  readonly options: string
}
export interface RelayDraft {
  readonly title: string
  readonly note: string
  readonly fields: readonly FieldDraft[]
  readonly price: string
  readonly capacity: string
  readonly perMember: string
  readonly lasts: '0' | 'hours6' | 'day' | 'threeDays'
  readonly anonymousAmounts: boolean
}
export const draftFor = (quantity: string): RelayDraft => ({
  title: '',
  note: '',
  fields: [{ id: 1, name: quantity, kind: 'number', options: '' }],
  price: '',
  capacity: '',
  perMember: '1',
  lasts: 'day',
  anonymousAmounts: false,
})
const namesIn = (typed: string) =>
  typed
    .split(/[,，、;；\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== '')

export function faultsOf(draft: RelayDraft): FormFaults {
  const faults: Record<string, FormFaults[string]> = {}
  if (draft.title.trim() === '') faults['title'] = formFaults.required
  const seen = new Set<string>()
  for (const { id, name, kind, options } of draft.fields) {
    if (name.trim() === '') faults[`name-${id}`] = formFaults.required
    else if (seen.has(name.trim())) faults[`name-${id}`] = relayTexts.twice
    seen.add(name.trim())
    if (kind === 'select' && namesIn(options).length === 0) faults[`options-${id}`] = formFaults.required
  }
  if (draft.price.trim() !== '' && fenOf(draft.price) === undefined) faults['price'] = formFaults.money
  if (draft.capacity.trim() !== '' && wholeOf(draft.capacity, linesMax) === undefined)
    faults['capacity'] = formFaults.number
  return faults
}
const lastsMs = { hours6: 6 * HOUR, day: DAY, threeDays: 3 * DAY } as const
/** The card of a draft without faults; the end counts from `now`, the server's. */
export function bodyOf(draft: RelayDraft, now: number): RelayBody {
  const { lasts, anonymousAmounts } = draft
  return {
    title: draft.title.trim(),
    ...(draft.note.trim() !== '' && { note: draft.note.trim() }),
    fields: draft.fields.map(({ name, kind, options }) => ({
      name: name.trim(),
      kind,
      required: kind === 'number' || kind === 'select',
      ...(kind === 'number' && { min: 1, max: 999 }),
      ...(kind === 'select' && { options: [...new Set(namesIn(options))].slice(0, 20).map((one) => ({ name: one })) }),
    })),
    ...(draft.price.trim() !== '' && { unitPriceFen: fenOf(draft.price) ?? 0 }),
    ...(draft.capacity.trim() !== '' && { capacity: Number(draft.capacity) }),
    perMember: Number(draft.perMember),
    editing: 'own',
    anonymousAmounts,
    ...(lasts !== '0' && { endsAt: Math.round(now) + lastsMs[lasts] }),
  }
}
