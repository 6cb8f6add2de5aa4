/** What somebody has typed of a poll so far, and the card it makes; pure, so that the form only draws it. */
import { DAY, HOUR, type BodyOf } from '@qun/contract'
import { formFaults, type FormFaults } from '@qun/ui'
import type { poll } from '../contract.ts'
import { optionKey } from '../rules.ts'
import { pollTexts } from './texts.ts'

export interface PollDraft {
  readonly question: string
  /** With an id that tells rows apart while they are added and removed. */
  readonly options: readonly { readonly id: number; readonly text: string }[]
  readonly choicesMax: string
  readonly lasts: '0' | 'hour' | 'day' | 'threeDays'
  readonly anonymous: boolean
  readonly mayChange: boolean
  readonly mayAdd: boolean
  readonly hideResults: boolean
}
export const emptyDraft: PollDraft = {
  question: '',
  options: [
    { id: 1, text: '' },
    { id: 2, text: '' },
  ],
  choicesMax: '1',
  lasts: 'day',
  anonymous: false,
  mayChange: true,
  mayAdd: false,
  hideResults: false,
}
export function faultsOf(draft: PollDraft): FormFaults {
  const faults: Record<string, FormFaults[string]> = {}
  if (draft.question.trim() === '') faults['question'] = formFaults.required
  const seen = new Set<string>()
  for (const { id, text } of draft.options) {
    const key = optionKey(text)
    if (key === '') faults[`option-${id}`] = formFaults.required
    else if (seen.has(key)) faults[`option-${id}`] = pollTexts.twice
    seen.add(key)
  }
  return faults
}
const lastsMs = { hour: HOUR, day: DAY, threeDays: 3 * DAY } as const
/** The card of a draft without faults; the end counts from `now`, the server's. */
export function bodyOf(draft: PollDraft, now: number): BodyOf<typeof poll> {
  const { anonymous, mayChange, mayAdd, hideResults, lasts } = draft
  return {
    question: draft.question.trim(),
    options: draft.options.map(({ text }) => text.trim()),
    choicesMax: Math.min(Number(draft.choicesMax), draft.options.length),
    ...{ anonymous, mayChange, mayAdd, hideResults },
    ...(lasts !== '0' && { closesAt: Math.round(now) + lastsMs[lasts] }),
  }
}
