/** What a merchant has typed of a programme so far, and the card it makes; pure, so that the form only draws it. */
import { formFaults, wholeOf, type FormFaults } from '@qun/ui'
import type { CheckInBody } from '../contract.ts'
import { checkInTexts } from './texts.ts'

export interface MilestoneDraft {
  /** Tells rows apart while they are added and removed. */
  readonly id: number
  readonly days: string
  readonly points: string
}
export interface CheckInDraft {
  readonly title: string
  readonly mode: CheckInBody['mode']
  readonly proof: CheckInBody['proof']
  /** Minutes since midnight, as text of a choice. */
  readonly opens: string
  readonly closes: string
  readonly makeUps: string
  readonly leaderboard: boolean
  readonly milestones: readonly MilestoneDraft[]
}
export const emptyDraft: CheckInDraft = {
  title: '',
  mode: 'consecutive',
  proof: 'none',
  opens: '360',
  closes: '1440',
  makeUps: '1',
  leaderboard: true,
  milestones: [
    { id: 1, days: '7', points: '20' },
    { id: 2, days: '21', points: '100' },
  ],
}
export function faultsOf(draft: CheckInDraft): FormFaults {
  const faults: Record<string, FormFaults[string]> = {}
  if (draft.title.trim() === '') faults['title'] = formFaults.required
  let before = 0
  for (const { id, days, points } of draft.milestones) {
    const count = wholeOf(days, 1_000)
    if (count === undefined) faults[`days-${id}`] = formFaults.number
    else if (count <= before) faults[`days-${id}`] = checkInTexts.ascend
    before = Math.max(before, count ?? 0)
    if (wholeOf(points, 100_000) === undefined) faults[`points-${id}`] = formFaults.number
  }
  return faults
}
export function bodyOf(draft: CheckInDraft): CheckInBody {
  return {
    title: draft.title.trim(),
    mode: draft.mode,
    proof: draft.proof,
    opens: Number(draft.opens),
    closes: Number(draft.closes),
    makeUps: Number(draft.makeUps),
    leaderboard: draft.leaderboard,
    milestones: draft.milestones.map(({ days, points }) => ({ days: Number(days), points: Number(points) })),
  }
}
