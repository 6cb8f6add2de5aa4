/**
 * A random walk of one person with three devices, while others talk: what each device and the server say is unread is
 * compared with a count row by row. It knows no feature but by what the caller hands over.
 */
import type { GroupId, UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { sql } from 'kysely'
import { createLossyBus, seeded } from './lossy-bus.ts'
import { refusalOf, type At, type Person } from './person.ts'
import { startWorld, type World } from './world.ts'

/** What people do in the walk, in the words of the features' contracts. */
export interface UnreadMoves {
  readonly features: readonly Feature[]
  /** Posts a countable message that mentions these people. */
  readonly say: (
    person: Person,
    groupId: GroupId,
    text: string,
    mentions: readonly (UserId | '*')[],
  ) => Promise<unknown>
  readonly edit: (person: Person, at: At) => Promise<unknown>
  readonly react: (person: Person, at: At) => Promise<unknown>
  readonly leave: (person: Person, groupId: GroupId) => Promise<unknown>
  readonly add: (by: Person, groupId: GroupId, userId: UserId) => Promise<unknown>
  /** Mutes, or lets speak again; either posts a line of the system. */
  readonly mute: (by: Person, groupId: GroupId, userId: UserId, isMuted: boolean) => Promise<unknown>
}

interface Line {
  readonly seq: number
  readonly sender_id: string
  readonly kind: string
  readonly mentions: string | null
}
/** What anybody could write down with pen and paper. */
interface Notes {
  readonly groupId: GroupId
  readonly lines: Line[]
  readSeq: number
  joinSeq: number
  isMember: boolean
}

const me = 'li'
const speakers = ['wang', 'he', 'zhao', 'sun', me, me] as const
/** Moves made at once, and how many such rounds between two comparisons. */
const atOnce = 25
const roundsBetween = 10

/** Walks about `steps` moves; throws with the seed at the first difference. Returns how many comparisons were made. */
export async function walkUnread(moves: UnreadMoves, seed: number, steps: number): Promise<number> {
  const random = seeded(seed)
  let compared = 0
  try {
    const limits = { snapshotMessages: 12, pullRowsMax: 20, pullBehindMax: 60, headDelayMs: 50 }
    await using world = await startWorld({
      features: moves.features,
      bus: createLossyBus(random),
      limits,
      watching: [],
    })
    const walk = await new Walk(moves, world, random).start()
    let analyzeAt = 1_000
    for (let done = 0; done < steps; done += atOnce * roundsBetween) {
      if (done >= analyzeAt) {
        await world.analyze()
        analyzeAt *= 2
      }
      for (let i = 0; i < roundsBetween; i++) await walk.round()
      compared += await walk.compare()
      await walk.readOnDevice()
      compared += await walk.compare()
    }
  } catch (error) {
    throw new Error(`unread differs for seed ${seed}`, { cause: error })
  }
  return compared
}

class Walk {
  readonly #moves: UnreadMoves
  readonly #world: World
  readonly #random: () => number
  readonly #devices: Person[] = []
  readonly #groups: Notes[] = []
  #n = 0

  constructor(moves: UnreadMoves, world: World, random: () => number) {
    this.#moves = moves
    this.#world = world
    this.#random = random
  }
  async start(): Promise<this> {
    const world = this.#world
    for (const groupId of [world.groupId, await world.makeGroup(['wang', 'he', me, 'zhao', 'sun'])]) {
      this.#groups.push({ groupId, lines: [], readSeq: 0, joinSeq: 0, isMember: true })
    }
    // One looks at the first group, one at the second, one at its list.
    for (let i = 0; i < 3; i++) {
      const device = world.anotherDevice(me)
      device.connect()
      if (i < 2) device.watch((this.#groups[i] as Notes).groupId)
      this.#devices.push(device)
    }
    await world.settle()
    return this
  }
  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }
  #recent(notes: Notes): At | undefined {
    const line = notes.lines.at(-1 - Math.floor(this.#random() * Math.min(30, notes.lines.length)))
    return line === undefined ? undefined : { groupId: notes.groupId, seq: line.seq }
  }

  /** Many moves at once, then perhaps one that only makes sense alone. */
  async round(): Promise<void> {
    await Promise.all(Array.from({ length: atOnce }, () => refusalOf(this.#move(this.#pick(this.#groups)))))
    for (const notes of this.#groups) await this.#write(notes)
    const notes = this.#pick(this.#groups)
    if (this.#random() < 0.1) await this.#comeOrGo(notes)
    if (this.#random() < 0.2) this.#pick(this.#devices).cut()
  }
  async #move(notes: Notes): Promise<unknown> {
    const { groupId } = notes
    const chance = this.#random()
    const at = this.#recent(notes)
    const speaker = this.#world.as(this.#pick(speakers))
    const viewer = this.#world.as(me)
    if (chance < 0.6 || at === undefined) return this.#moves.say(speaker, groupId, `第 ${++this.#n} 句`, [])
    if (chance < 0.68) {
      const named = this.#random() < 0.2 ? '*' : (this.#pick([me, me, 'zhao']) as UserId)
      return this.#moves.say(speaker, groupId, `@ ${++this.#n}`, [named])
    }
    if (chance < 0.74) return speaker.recall(at)
    if (chance < 0.78) return this.#moves.edit(speaker, at)
    if (chance < 0.82) return this.#moves.react(speaker, at)
    if (chance < 0.84) return this.#moves.mute(this.#world.as('wang'), groupId, me as UserId, this.#random() < 0.3)
    if (chance < 0.87)
      return this.#world.core.setConversation(viewer.principal, groupId, { quiet: this.#random() < 0.5 })
    const before = notes.readSeq
    const answer = await viewer.markRead(at)
    // A move made at once may have read further; it never goes back.
    if (answer.readSeq < Math.max(before, at.seq)) throw new Error(`read position went back to ${answer.readSeq}`)
    notes.readSeq = Math.max(notes.readSeq, at.seq)
    return answer
  }
  /** Leaves or comes back; what is said in between was never the person's to read. */
  async #comeOrGo(notes: Notes): Promise<void> {
    const world = this.#world
    if (notes.isMember) await this.#moves.leave(world.as(me), notes.groupId)
    else await this.#moves.add(world.as('wang'), notes.groupId, me as UserId)
    notes.isMember = !notes.isMember
    if (notes.isMember) notes.joinSeq = notes.readSeq = notes.lines.at(-1)?.seq ?? 0
    await this.#write(notes)
  }
  /** Writes down what was said since. */
  async #write(notes: Notes): Promise<void> {
    const { rows } = await this.#world.store.reading('*', (tx) =>
      sql<Line>`SELECT seq, sender_id, kind, body->>'mentions' AS mentions FROM messages
        WHERE app_id = 'shop' AND group_id = ${notes.groupId} AND seq > ${notes.lines.at(-1)?.seq ?? 0}
        ORDER BY seq`.execute(tx),
    )
    notes.lines.push(...rows)
  }

  /** Lets everybody hear everything, then compares server and devices with the notes. */
  async compare(): Promise<number> {
    const world = this.#world
    for (let i = 0; i < 3; i++) {
      // Longer than any backoff, so that whoever was cut off is back.
      world.time.moveTo(world.time.now() + 35_000)
      await world.settle()
    }
    for (const notes of this.#groups) await this.#write(notes)
    const { conversations } = await world.core.conversations(world.as(me).principal)
    const views = [
      {
        who: 'the server',
        rows: conversations.map((row) => ({
          ...row,
          unread: row.head.lastOrdinal - row.readOrdinal - (row.own - row.readOwn),
        })),
      },
      ...this.#devices.map((device, i) => ({ who: `device ${i}`, rows: device.client?.conversations.get() ?? [] })),
    ]
    for (const notes of this.#groups) {
      const expected = notes.isMember ? this.#count(notes) : undefined
      for (const { who, rows } of views) {
        const row = rows.find((one) => one.groupId === notes.groupId)
        const told = row && { unread: row.unread, readSeq: row.readSeq, mentions: row.mentions }
        const [a, b] = [JSON.stringify(told), JSON.stringify(expected)]
        if (a !== b)
          throw new Error(`after ${notes.lines.length} lines of ${notes.groupId} ${who} says ${a}, and it is ${b}`)
      }
    }
    return views.length * this.#groups.length
  }
  #count(notes: Notes): { unread: number; readSeq: number; mentions: number[] } {
    const after = notes.lines.filter((line) => line.seq > notes.readSeq && line.sender_id !== me)
    const named = after.filter((line) => {
      const mentions = JSON.parse(line.mentions ?? '[]') as string[]
      return mentions.includes(me) || mentions.includes('*')
    })
    return {
      unread: after.filter((line) => line.kind !== 'system').length,
      readSeq: notes.readSeq,
      mentions: named.map((line) => line.seq),
    }
  }
  /** Reads as a person does, by the SDK: the other devices hear of it. */
  async readOnDevice(): Promise<void> {
    const i = this.#random() < 0.5 ? 0 : 1
    const notes = this.#groups[i] as Notes
    const at = this.#recent(notes)
    if (!notes.isMember || at === undefined) return
    this.#devices[i]?.handleOf(notes.groupId)?.markRead(at.seq)
    notes.readSeq = Math.max(notes.readSeq, at.seq)
    await this.#world.settle()
  }
}
