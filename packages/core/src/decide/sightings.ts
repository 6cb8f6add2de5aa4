/**
 * What a decision saw of a group before it held the group's lock. Once it does, it looks again: a decision whose view
 * no longer holds is overtaken and begins again, so none rests on a row of before its lock. Knows no rule.
 */
import type { MemberDbRow } from '../ground/store.ts'
import { Overtaken } from './overtaken.ts'

export class Sightings {
  readonly #members = new Map<string, string>()
  #disbandedAt: number | null | undefined

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#disbandedAt === undefined
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
  noteDisbanded(at: number | null): void {
    if (this.#disbandedAt === undefined) this.#disbandedAt = at
  }
  /** Compares with what stands under the lock, and forgets. */
  confirm(disbandedAt: number | null, rows: readonly MemberDbRow[]): void {
    const found = new Map(rows.map((row) => [row.user_id, row]))
    if (this.#disbandedAt !== undefined && this.#disbandedAt !== disbandedAt)
      throw new Overtaken('the group was disbanded')
    for (const [userId, standing] of this.#members)
      if (standingOf(found.get(userId)) !== standing) throw new Overtaken(`member ${userId} changed`)
    this.#members.clear()
    this.#disbandedAt = undefined
  }
}

/** All that decides what somebody may do in a group; names decide nothing. */
function standingOf(row: MemberDbRow | undefined): string {
  if (row === undefined) return ''
  const { active, role, muted_until, banned, join_seq, joined_at } = row
  return JSON.stringify([active, role, muted_until, banned, join_seq, joined_at])
}
