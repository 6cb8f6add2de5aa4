/** One decision’s account of who earns what in a group: people locked at its start, written at its end. */
import type { UserId } from '@qun/contract'
import type { GroupCall } from '@qun/core'
import { levelsAt, shownLevels, shownMax } from './contract.ts'
import { earn, levelOf, nobody, takeBack, type GroupConfig } from './rules.ts'
import {
  addEarned,
  hasEarned,
  latestHonours,
  listByEarned,
  lockPeople,
  type Earned,
  type PersonRow,
  type Place,
  writePeople,
} from './store.ts'

export class Book {
  readonly #place: Place
  readonly #config: GroupConfig
  readonly #before: ReadonlyMap<UserId, PersonRow>
  readonly #people: Map<UserId, PersonRow>
  readonly #earned: Earned[] = []

  private constructor(place: Place, config: GroupConfig, people: Map<UserId, PersonRow>) {
    this.#place = place
    this.#config = config
    this.#before = new Map(people)
    this.#people = people
  }
  static async open(place: Place, config: GroupConfig, userIds: Iterable<UserId>): Promise<Book> {
    return new Book(place, config, await lockPeople(place, [...new Set(userIds)]))
  }

  person(userId: UserId): PersonRow {
    return this.#people.get(userId) ?? { userId, ...nobody, firstSeq: 0, firstAt: 0, welcomed: false, recent: [] }
  }
  change(userId: UserId, patch: Partial<PersonRow>): void {
    this.#people.set(userId, { ...this.person(userId), ...patch })
  }
  /** [ML4] `ref` says what for, once for ever; the caller knows that it is new. Returns what the day still gave. */
  earn(userId: UserId, what: { ref: string; seq?: number; points: number; at: number; isTalk?: boolean }): number {
    const { ref, seq = 0, points, at, isTalk = false } = what
    const before = this.person(userId)
    const { standing, given } = earn(before, { points, at, isTalk }, this.#config)
    this.#people.set(userId, { ...before, ...standing })
    // Talk that gives nothing more leaves no line; anything else is marked as done.
    if (given > 0 || !isTalk) this.#earned.push({ userId, ref, seq, points: given, day: standing.day })
    return given
  }
  has(userId: UserId, ref: string): Promise<boolean> {
    return hasEarned(this.#place, userId, ref)
  }
  takeBack(taken: Earned): void {
    this.#people.set(taken.userId, takeBack(this.person(taken.userId), taken))
  }
  /** Writes all, and tells who reached what. `isRenewed` asks for the names’ record also without a change of level. */
  async finish(group: () => Promise<GroupCall>, isRenewed = false): Promise<void> {
    const changed = [...this.#people.values()].filter((person) => this.#before.get(person.userId) !== person)
    await addEarned(this.#place, this.#earned)
    await writePeople(this.#place, changed)
    const levelBefore = (userId: UserId) => levelOf(this.#before.get(userId)?.points ?? 0)
    const moved = changed.filter((person) => levelOf(person.points) !== levelBefore(person.userId))
    if (moved.length === 0 && !isRenewed) return
    const locked = await group()
    for (const { userId, reached } of moved) {
      const known = this.#before.get(userId)?.reached ?? 1
      if (reached > known) locked.record('member-level.reached', { userId, level: reached })
    }
    locked.putRecord(shownLevels, 'all', await shown(this.#place))
  }
}

/** [ML9] What stands beside names: a few hundred bytes to some kilobytes, whatever the size of the group. */
async function shown(place: Place) {
  const top = await listByEarned(place, shownMax)
  const honours = await latestHonours(place)
  return {
    levels: Object.fromEntries(
      top.filter(({ points }) => points >= levelsAt[1]).map(({ userId, points }) => [userId, levelOf(points)]),
    ),
    honours: honours.map(({ userId, honour }) => ({ userId, honour })),
    weekAt: honours[0]?.weekAt ?? null,
  }
}
