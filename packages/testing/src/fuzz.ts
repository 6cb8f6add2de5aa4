/** A seeded run of a whole world: everybody acts at random while the bus and the network misbehave. */
import type { Feature } from '@qun/core'
import type { Card, Endpoint } from '@qun/contract'
import { createLossyBus, seeded } from './lossy-bus.ts'
import { refusalOf, startWorld, type At, type Person, type World } from './world.ts'

/** What a run may do; the caller names the features' contracts, this file knows none. */
export interface FuzzMoves {
  readonly features: readonly Feature[]
  /** A plain message everybody may post, with an action that changes its state and one's own part. */
  readonly text: Card<any, any, any, any, any>
  readonly textBody: (n: number) => unknown
  readonly react: { readonly action: string; readonly input: (random: () => number) => unknown }
  readonly edit: { readonly action: string; readonly input: (n: number) => unknown }
  readonly leave: Endpoint<any, any, any, any>
  readonly add: Endpoint<any, any, any, any>
  readonly rename: Endpoint<any, any, any, any>
}

const people = ['wang', 'he', 'li', 'zhao', 'sun'] as const

/** Runs `steps` moves of one seed and proves sync at the end; the error names the seed and lists the moves. */
export async function fuzzWorld(moves: FuzzMoves, seed: number, steps: number): Promise<void> {
  const random = seeded(seed)
  const done: string[] = []
  try {
    const limits = { snapshotMessages: 8, pullRowsMax: 5, pullBehindMax: 30, headDelayMs: 50 }
    await using world = await startWorld({ features: moves.features, bus: createLossyBus(random), limits })
    const run = new Run(moves, world, random, done)
    for (let i = 0; i < steps; i++) await run.step(i)
    // Longer than any backoff: whoever was cut off is back, and what the bus lost was polled.
    await world.pass(90_000)
  } catch (error) {
    throw new Error(`seed ${seed} failed after:\n${done.join('\n')}`, { cause: error })
  }
}

class Run {
  readonly #moves: FuzzMoves
  readonly #world: World
  readonly #random: () => number
  readonly #done: string[]
  readonly #messages: At[] = []

  constructor(moves: FuzzMoves, world: World, random: () => number, done: string[]) {
    this.#moves = moves
    this.#world = world
    this.#random = random
    this.#done = done
  }
  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }

  async step(i: number): Promise<void> {
    const name = this.#pick(people)
    const person = this.#world.as(name)
    const move = this.#pick([
      'post',
      'post',
      'post',
      'burst',
      'react',
      'react',
      'edit',
      'recall',
      'hide',
      'read',
      'cut',
      'pass',
      'leave',
      'join',
      'rename',
      'quiet',
      'older',
    ])
    this.#done.push(`${i} ${name} ${move}`)
    const refused = await refusalOf(this.#make(move, person, i))
    if (refused !== null) this.#done.push(`  refused ${refused}`)
    if (this.#random() < 0.3) await this.#world.settle()
  }
  async #make(move: string, person: Person, i: number): Promise<unknown> {
    const { groupId } = this.#world
    const { text, textBody, react, edit } = this.#moves
    const at = this.#messages.length === 0 ? undefined : this.#pick(this.#messages.slice(-12))
    switch (move) {
      case 'post':
        return this.#messages.push(await person.post(groupId, text, textBody(i)))
      case 'burst':
        return this.#messages.push(
          ...(await Promise.all([1, 2, 3, 4].map((n) => person.post(groupId, text, textBody(i * 10 + n) as never)))),
        )
      case 'react':
        return at && person.act(at, text, react.action, react.input(this.#random))
      case 'edit':
        return at && person.act(at, text, edit.action, edit.input(i))
      case 'recall':
        return at && person.recall(at)
      case 'hide':
        return at && person.hide(at)
      case 'read':
        return at && person.markRead(at)
      case 'cut':
        return person.cut()
      case 'pass':
        return this.#world.pass(Math.ceil(this.#random() * 5_000))
      case 'leave':
        return person.call(this.#moves.leave, { params: { groupId }, body: {} })
      case 'join':
        return this.#world.as('wang').call(this.#moves.add, { params: { groupId }, body: { userIds: [person.userId] } })
      case 'rename':
        return this.#world.as('wang').call(this.#moves.rename, { params: { groupId }, body: { name: `群 ${i}` } })
      case 'quiet':
        return this.#world.core.setConversation(person.principal, groupId, {
          quiet: this.#random() < 0.5,
          pinned: this.#random() < 0.5,
        })
      default:
        return person.handleOf(groupId)?.loadOlder()
    }
  }
}
