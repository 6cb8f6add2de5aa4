/**
 * Followers of a large group hold the rows of those who appear in it only. Somebody whose last words lie outside a
 * snapshot may be unknown to them: their row travels with their words. What was read once is kept, and kept current.
 */
import type { AppId, MemberRow } from '@qun/contract'
import { sql } from 'kysely'
import { backoffMs } from './backoff.ts'
import type { Engine } from '../ground/engine.ts'
import { memberText, type RowText, type Speaker, speakerIn } from '../ground/row-text.ts'
import type { MemberDbRow } from '../ground/store.ts'

/** A member as their row was read when the group was at `version`. */
export interface Introduced {
  readonly userId: string
  readonly speaker: Speaker
  readonly row: RowText
}
interface At {
  readonly appId: AppId
  readonly groupId: string
  /** Where the group stands now. */
  readonly version: number
}
/** Rows that are kept of one group, about 300 bytes each; whoever spoke longest ago goes first. */
const keptMax = 4_096

export class Introductions {
  readonly #engine: Engine
  readonly #at: At
  readonly #tell: (members: readonly Introduced[], version: number) => void
  /** The position of each sender's last message, to see who appears to followers for the first time. */
  readonly #spoke = new Map<string, number>()
  readonly #kept = new Map<string, Introduced>()
  /** People whose rows are still to be read, with the version since which they are. */
  #asked = new Set<string>()
  #reading: Promise<void> | undefined
  /** Whose rows changed while rows were read: what was read may be older. */
  #overtaken = new Set<string>()
  #cancelRetry: (() => void) | undefined
  #failures = 0
  #isOver = false

  /** `tell` hears who was read, and the version of which that is at least. */
  constructor(engine: Engine, at: At, tell: (members: readonly Introduced[], version: number) => void) {
    this.#engine = engine
    this.#at = at
    this.#tell = tell
  }
  /** While rows are read, the frame that shows the words of those people waits. */
  get isReading(): boolean {
    return this.#asked.size > 0
  }
  /** These people spoke, the last at `seq`. Answers whose rows are at hand; others are read if anybody `listens`. */
  spoke(userIds: readonly string[], seq: number, listens: boolean): Introduced[] {
    const known: Introduced[] = []
    for (const userId of userIds) {
      const isKnown = seq - (this.#spoke.get(userId) ?? Number.NEGATIVE_INFINITY) < this.#engine.limits.snapshotMessages
      this.#spoke.set(userId, seq)
      if (isKnown || !listens) continue
      const kept = this.#kept.get(userId)
      if (kept === undefined) this.#asked.add(userId)
      else known.push(kept)
    }
    if (this.#asked.size > 0) this.#read()
    return known
  }
  /** A member's row as a commit left it. */
  changed(row: RowText): void {
    const userId = row.key.slice(1)
    if (this.#reading !== undefined) this.#overtaken.add(userId)
    const kept = this.#kept.get(userId)
    if (kept === undefined || kept.row.version > row.version) return
    const { name, badge } = JSON.parse(row.json) as MemberRow
    this.#kept.set(userId, { userId, speaker: { name, badge }, row })
  }
  /** Changes went by unheard: what was read before them may be old. */
  forget(): void {
    this.#kept.clear()
    for (const userId of this.#asked) this.#overtaken.add(userId)
  }
  end(): void {
    this.#isOver = true
    this.#cancelRetry?.()
    this.#asked.clear()
  }
  async settle(): Promise<void> {
    while (this.#reading !== undefined) await this.#reading
  }

  #read(): void {
    if (this.#reading !== undefined || this.#cancelRetry !== undefined || this.#isOver) return
    const userIds = [...this.#asked]
    // What is read from here on is of this version at least.
    const { version } = this.#at
    this.#reading = this.#engine.track(
      this.#readMembers(userIds).then(
        (members) => this.#worked(userIds, members, version),
        (error: unknown) => this.#failed(error),
      ),
    )
  }
  #worked(userIds: readonly string[], members: readonly MemberDbRow[], version: number): void {
    this.#reading = undefined
    this.#failures = 0
    if (this.#isOver) return
    const introduced = members.map((member) => ({
      userId: member.user_id,
      speaker: speakerIn(member),
      row: memberText(member),
    }))
    for (const userId of userIds) this.#asked.delete(userId)
    for (const one of introduced) if (!this.#overtaken.has(one.userId)) this.#keep(one)
    this.#overtaken = new Set()
    this.#tell(introduced, version)
    if (this.#asked.size > 0) this.#read()
  }
  /** The words wait on: told without their sender they would be told wrong to the end. */
  #failed(error: unknown): void {
    this.#reading = undefined
    this.#failures++
    if (this.#isOver) return
    this.#engine.onWorkerTrouble(error)
    this.#cancelRetry = this.#engine.wait(backoffMs(this.#engine, this.#failures), () => {
      this.#cancelRetry = undefined
      this.#read()
    })
  }
  #keep(one: Introduced): void {
    this.#kept.delete(one.userId)
    this.#kept.set(one.userId, one)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest)
  }
  async #readMembers(userIds: readonly string[]): Promise<MemberDbRow[]> {
    const { appId, groupId } = this.#at
    const { rows } = await this.#engine.store.reading(appId, (tx) =>
      sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m JOIN users u USING (app_id, user_id)
        WHERE m.app_id = ${appId} AND m.group_id = ${groupId}
          AND m.user_id = ANY(${userIds}::text[])`.execute(tx),
    )
    return rows
  }
}
