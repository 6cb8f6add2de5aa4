/**
 * What a decision saw of a group before it held the group's lock. Once it does, it looks again: a decision whose view
 * no longer holds is overtaken and begins again, so none rests on a row of before its lock. Knows no rule.
 */
import type { GroupDbRow, MemberDbRow } from '../ground/store.ts'
import { Overtaken } from './overtaken.ts'

type Ending = Pick<GroupDbRow, 'disbanded_at' | 'stopped_at'>

export class Sightings {
  readonly #members = new Map<string, string>()
  #ending: Ending | undefined

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#ending === undefined
  }
  get userIds(): string[] {
    return [...this.#members.keys()]
  }
  /** Who has no row was seen to have none. */
  note(userIds: readonly string[], rows: readonly MemberDbRow[]): void {
    const found = new Map(rows.map((row) => [row.user_id, row]))
    for (const userId of userIds) {
      if (!this.#members.has(userId)) this.#members.set(userId, standingOf(found.get(userId)))
    }
  }
  noteEnding({ disbanded_at, stopped_at }: Ending): void {
    this.#ending ??= { disbanded_at, stopped_at }
  }
  /** Compares with what stands under the lock, and forgets. */
  confirm(now: Ending, rows: readonly MemberDbRow[]): void {
    const found = new Map(rows.map((row) => [row.user_id, row]))
    const seen = this.#ending
    if (seen !== undefined && seen.disbanded_at !== now.disbanded_at) throw new Overtaken('the group was disbanded')
    if (seen !== undefined && seen.stopped_at !== now.stopped_at) throw new Overtaken('the merchant was suspended')
    for (const [userId, standing] of this.#members)
      if (standingOf(found.get(userId)) !== standing) throw new Overtaken(`member ${userId} changed`)
    this.#members.clear()
    this.#ending = undefined
  }
}

/** All that decides what somebody may do in a group; names decide nothing. */
function standingOf(row: MemberDbRow | undefined): string {
  if (row === undefined) return ''
  const { active, role, muted_until, banned, join_seq, joined_at } = row
  return JSON.stringify([active, role, muted_until, banned, join_seq, joined_at])
}
