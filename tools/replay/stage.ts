/** Plays a cast log against a server: who comes, speaks and goes when; measures; gathers what the proof needs. */
import { setTimeout as pause } from 'node:timers/promises'
import { Histogram, type Quantiles } from '../bench/histogram.ts'
import { inParallel, type HostApi } from '../bench/host-api.ts'
import { Actor } from './actor.ts'
import type { Person, Play, PlayStep } from './cast.ts'
import { proveLog, type MemberLog, type Proof, type SaidLine } from './proof.ts'

export interface StageOptions {
  readonly url: string
  readonly host: HostApi
  readonly title: string
  /** Multiples of real time; undefined plays as fast as acknowledgements come. */
  readonly speed?: number
  /** `strict`: a line is sent when the one before is acknowledged. `concurrent`: each speaker waits for their own. */
  readonly order: 'strict' | 'concurrent'
  /** Called before the `index`-th line is sent; what it answers is waited for after the line. */
  readonly beforeLine?: (index: number) => Promise<void> | undefined
}
export interface Performance {
  readonly proof: Proof
  readonly lines: number
  readonly enters: number
  readonly leaves: number
  readonly renames: number
  readonly connections: number
  readonly seconds: number
  /** From sending a line to its acknowledgement. */
  readonly acknowledged: Quantiles & { readonly p95Ms: number }
  /** From sending a line to its being in another member's view. */
  readonly delivered: Quantiles & { readonly p95Ms: number }
}

/** Lines under way at once in the concurrent order. */
const underWayMax = 64
/** `=` followed by no hex digits: no nick is written like this. */
const keeperId = '=keeper'
const observerIds = ['=observer-1', '=observer-2']

export async function perform(play: Play, options: StageOptions): Promise<Performance> {
  const stage = new Stage(options)
  try {
    await stage.prepare(play)
    const startedAt = performance.now()
    await stage.play(play.steps)
    const seconds = (performance.now() - startedAt) / 1_000
    return await stage.finish(play, seconds)
  } finally {
    stage.close()
  }
}

class Stage {
  readonly #options: StageOptions
  readonly #actors = new Map<string, Actor>()
  readonly #said: SaidLine[] = []
  readonly #sentAt = new Map<number, number>()
  /** Views of messages before their position was known to the sender. */
  readonly #early = new Map<number, { userId: string; at: number }[]>()
  readonly #senders = new Map<number, string>()
  readonly #acknowledged = new Histogram()
  readonly #delivered = new Histogram()
  readonly #underWay = new Map<string, Promise<void>>()
  #underWayCount = 0
  #groupId = ''
  #keeperToken = ''

  constructor(options: StageOptions) {
    this.#options = options
  }

  async prepare(play: Play): Promise<void> {
    const { host, title } = this.#options
    const names = new Map<string, string>([keeperId, ...observerIds].map((userId) => [userId, userId.slice(1)]))
    for (const person of play.people) names.set(person.userId, nameOf(person.nick))
    await inParallel([...names], 16, ([userId, name]) => host.putUser(userId, name))
    this.#groupId = await host.makeGroup(title, [keeperId])
    this.#keeperToken = await host.mintToken(keeperId)
    for (const userId of observerIds) await this.#actorOf(userId).enter()
  }

  async play(steps: readonly PlayStep[]): Promise<void> {
    const clock = this.#options.speed === undefined ? undefined : scheduleOf(steps, this.#options.speed)
    const startedAt = performance.now()
    let line = 0
    for (const [index, step] of steps.entries()) {
      if (clock !== undefined) await pause(Math.max(0, startedAt + clock[index]! - performance.now()))
      const { userId } = step.person
      // Whoever comes, goes or is renamed has said their last words before.
      if (step.kind !== 'say') await this.#underWay.get(userId)
      if (step.kind === 'rename') await this.#options.host.putUser(userId, nameOf(step.name))
      else if (step.kind === 'enter') await this.#actorOf(userId).enter()
      else if (step.kind === 'leave') await this.#actorOf(userId).leave()
      else await this.#say(step.person, step.text, step.line, line++)
    }
    await Promise.all(this.#underWay.values())
  }

  async #say(person: Person, text: string, line: number, index: number): Promise<void> {
    const trouble = this.#options.beforeLine?.(index)
    const sending = this.#sayOne(person, text, line, index)
    if (this.#options.order === 'strict') await sending
    else {
      const chain = Promise.all([this.#underWay.get(person.userId), sending]).then(() => undefined)
      this.#underWay.set(person.userId, chain)
      while (this.#underWayCount >= underWayMax) await pause(1)
    }
    await trouble
  }

  async #sayOne(person: Person, text: string, line: number, index: number): Promise<void> {
    this.#underWayCount += 1
    const sentAt = performance.now()
    this.#said[index] = { line, userId: person.userId, text, seq: undefined }
    const seq = await this.#actorOf(person.userId).say(text)
    this.#acknowledged.add(performance.now() - sentAt)
    this.#said[index] = { line, userId: person.userId, text, seq }
    this.#underWayCount -= 1
    this.#sentAt.set(seq, sentAt)
    this.#senders.set(seq, person.userId)
    for (const early of this.#early.get(seq) ?? []) this.#seen(early.userId, seq, early.at)
    this.#early.delete(seq)
  }

  #seen(userId: string, seq: number, at: number): void {
    const sentAt = this.#sentAt.get(seq)
    if (sentAt === undefined) {
      const early = this.#early.get(seq) ?? []
      early.push({ userId, at })
      this.#early.set(seq, early)
    } else if (userId !== this.#senders.get(seq)) this.#delivered.add(at - sentAt)
  }

  async finish(play: Play, seconds: number): Promise<Performance> {
    const log = await this.#options.host.readLog(this.#groupId, this.#keeperToken)
    const present = [...this.#actors.values()].filter((actor) => actor.isIn)
    const members: MemberLog[] = []
    const lastSeq = log.at(-1)?.seq ?? 0
    await inParallel(present, 8, async (actor) => void members.push(await actor.show(lastSeq)))
    const count = (kind: PlayStep['kind']) => play.steps.filter((step) => step.kind === kind).length
    return {
      proof: proveLog(log, this.#said, members, this.#options.order === 'strict'),
      lines: this.#said.length,
      enters: count('enter'),
      leaves: count('leave'),
      renames: count('rename'),
      connections: this.#actors.size,
      seconds,
      acknowledged: { ...this.#acknowledged.quantiles(), p95Ms: this.#acknowledged.quantile(0.95) },
      delivered: { ...this.#delivered.quantiles(), p95Ms: this.#delivered.quantile(0.95) },
    }
  }

  close(): void {
    for (const actor of this.#actors.values()) actor.close()
  }

  #actorOf(userId: string): Actor {
    let actor = this.#actors.get(userId)
    if (actor === undefined) {
      const { url, host } = this.#options
      const seen = (...view: [string, number, number]) => this.#seen(...view)
      actor = new Actor({ url, host, userId, groupId: this.#groupId, ownerId: keeperId, seen })
      this.#actors.set(userId, actor)
    }
    return actor
  }
}

/** Milliseconds from the start for every step: lines of one minute are spread over it. */
function scheduleOf(steps: readonly PlayStep[], speed: number): number[] {
  const counts = new Map<number, number>()
  for (const { minute } of steps) counts.set(minute, (counts.get(minute) ?? 0) + 1)
  const used = new Map<number, number>()
  return steps.map(({ minute }) => {
    const nth = used.get(minute) ?? 0
    used.set(minute, nth + 1)
    return ((minute + nth / counts.get(minute)!) * 60_000) / speed
  })
}

/** A name is 1–40 characters; the engine trims nothing, so neither does this. */
function nameOf(nick: string): string {
  return nick.slice(0, 40)
}
