/** A seeded run of a whole world: everybody acts at random while the bus and the network misbehave. */
import type { Feature } from '@qun/core'
import type { GroupId } from '@qun/contract'
import { createLossyBus, seeded } from './lossy-bus.ts'
import { refusalOf, type At, type Person } from './person.ts'
import { startWorld, type World } from './world.ts'

/** What a move may use. Each draws its chance from `random` alone, so that a seed repeats. */
export interface FuzzTurn {
  readonly world: World
  readonly person: Person
  /** One of the run's groups. */
  readonly groupId: GroupId
  /** Counts the moves of the run. */
  readonly n: number
  random(): number
  pick<T>(from: readonly T[]): T
  /** A message of that sort posted lately in this group, or undefined. */
  recent(sort: string): At | undefined
  remember(sort: string, at: At): void
}
export type FuzzMove = (turn: FuzzTurn) => Promise<unknown> | undefined
/**
 * What a run may do besides what the engine itself offers; the caller names features' contracts, this file knows none.
 */
export interface FuzzMoves {
  readonly features: readonly Feature[]
  /** By name; a name with a share after it (`post*3`) is drawn that much more often. */
  readonly moves: Readonly<Record<string, FuzzMove>>
}

const people = ['wang', 'he', 'li', 'zhao', 'sun'] as const
/** What everybody can do with any kind: the sort they use is `text`. */
const engineMoves: Readonly<Record<string, FuzzMove>> = {
  recall: (turn) => ifThere(turn.recent('text'), (at) => turn.person.recall(at)),
  hide: (turn) => ifThere(turn.recent('text'), (at) => turn.person.hide(at, turn.random() < 0.8)),
  read: (turn) => ifThere(turn.recent('text'), (at) => turn.person.markRead(at)),
  'cut*2': async (turn) => turn.person.cut(),
  pass: (turn) => turn.world.pass(Math.ceil(turn.random() * 5_000)),
  quiet: ({ world, person, groupId, random }) =>
    world.core.setConversation(person.principal, groupId, { quiet: random() < 0.5, pinned: random() < 0.5 }),
  older: (turn) => turn.person.handleOf(turn.groupId)?.loadOlder(),
}
function ifThere(at: At | undefined, run: (at: At) => Promise<unknown>): Promise<unknown> | undefined {
  return at === undefined ? undefined : run(at)
}

/** Runs `steps` moves of one seed and proves sync at the end; the error names the seed and lists the moves. */
export async function fuzzWorld({ features, moves }: FuzzMoves, seed: number, steps: number): Promise<void> {
  const random = seeded(seed)
  const done: string[] = []
  const known = { ...engineMoves, ...moves }
  const names = Object.keys(known).flatMap((name) =>
    Array.from({ length: Number(name.split('*')[1] ?? 1) }, () => name),
  )
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const lately = new Map<string, At[]>()
  try {
    const limits = { snapshotMessages: 8, pullRowsMax: 5, pullBehindMax: 30, headDelayMs: 50 }
    await using world = await startWorld({ features, bus: createLossyBus(random), limits })
    const groups = [world.groupId, await world.makeGroup(people)]
    for (const name of people) world.as(name).watch(groups[1] as GroupId)
    // Half of the seeds run on two nodes; whoever comes back may meet the other one.
    const nodes = seed % 2 === 0 ? [world.core] : [world.core, await world.startNode()]
    world.route = () => pick(nodes)
    for (let n = 0; n < steps; n++) {
      const person = world.as(pick(people))
      const groupId = pick(groups)
      const name = pick(names)
      done.push(`${n} ${person.userId} ${name}${groupId === world.groupId ? '' : ' (second)'}`)
      const turn: FuzzTurn = {
        world,
        person,
        groupId,
        n,
        random,
        pick,
        recent: (sort) => {
          const all = lately.get(`${sort} ${groupId}`) ?? []
          return all.length === 0 ? undefined : pick(all.slice(-12))
        },
        remember: (sort, at) =>
          void lately.set(`${sort} ${at.groupId}`, [...(lately.get(`${sort} ${at.groupId}`) ?? []), at]),
      }
      const refused = await refusalOf(Promise.resolve(known[name]?.(turn)))
      if (refused !== null) done.push(`  refused ${refused}`)
      if (random() < 0.3) await world.settle()
    }
    // Longer than any backoff: whoever was cut off is back, and what the bus lost was polled.
    await world.pass(90_000)
  } catch (error) {
    throw new Error(`seed ${seed} failed after:\n${done.join('\n')}`, { cause: error })
  }
}
