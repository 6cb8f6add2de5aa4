/**
 * How long what people wait for takes on the rows of a large shop, through the engine as a server runs it: the list,
 * connecting, opening, catching up, reading. Milliseconds are medians of several tries of which the first is not one.
 */
import { createInProcessBus } from '@qun/bus'
import { features } from '@qun/chat/server'
import type { AppId, GroupId, UserId } from '@qun/contract'
import { type Core, createCore, type Packet } from '@qun/core'
import { openStore } from '@qun/storage'
import { median } from '../bench/histogram.ts'
import { big, lastSeqOfGiant, type Sizes } from './big-tables.ts'

export interface Timed {
  readonly path: string
  /** Until the last byte is handed to the outlet; the database and the work in this process. */
  readonly ms: number
  /** Of it in statements, begin and commit included. */
  readonly databaseMs: number
  /** Statements without begin, commit and settings. */
  readonly statements: number
  /** Bytes of the largest frame. */
  readonly frameBytes: number
}
type Round = Omit<Timed, 'path'>
interface Cost {
  readonly databaseMs: number
  readonly statements: number
}
const tries = 5
/** Of the event loop without a statement under way. */
const quietTurns = 20
const aside = /^\s*(?:begin|commit|rollback|set|select set_config)\b/i

const appId = big.appId as AppId
const groupId = big.groupId as GroupId
const li = { appId, userId: big.userId as UserId, guest: false }

/** Opens an engine on the database and times each path; what people read moves, nothing else is written. */
export async function timePaths(url: string, sizes: Sizes): Promise<Timed[]> {
  let sent: { readonly text: string; readonly durationMs: number }[] = []
  const store = await openStore({ url, poolSize: 4, sqlLog: (entry) => sent.push(entry) })
  let underWay = 0
  const { reading } = store
  store.reading = async (app, run) => {
    underWay += 1
    return await reading(app, run).finally(() => (underWay -= 1))
  }
  /** What follows an answer belongs to its cost: a node that hears of groups asks where they stand. */
  const quiet = async () => {
    for (let turns = 0; turns < quietTurns; turns = underWay === 0 ? turns + 1 : 0)
      await new Promise((resolve) => setImmediate(resolve))
  }
  const core = await createCore({ store, bus: createInProcessBus(), features, isMigrated: true })
  const cost = (): Cost => ({
    databaseMs: sent.reduce((sum, { durationMs }) => sum + durationMs, 0),
    statements: sent.filter(({ text }) => !aside.test(text)).length,
  })
  const time = async (path: string, run: (round: number) => Promise<number>): Promise<Timed> => {
    const rounds: Round[] = []
    for (let round = 0; round <= tries; round++) {
      sent = []
      const began = performance.now()
      const frameBytes = await run(round)
      const ms = performance.now() - began
      await quiet()
      rounds.push({ ms, ...cost(), frameBytes })
    }
    return { path, ...medianOf(rounds) }
  }
  const sizeOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(answer))
  try {
    const { version } = await core.snapshot(li, groupId)
    const lastSeq = lastSeqOfGiant(sizes)
    const timed: Timed[] = []
    const add = async (path: string, run: (round: number) => Promise<number>) => void timed.push(await time(path, run))
    await add('list', async () => sizeOf(await core.conversations(li)))
    await add('connect', () => connect(core, sizes, {}))
    await add('resume', () => connect(core, sizes, { epoch: core.epoch, version: 500 }))
    await add('resume, nothing new', () => connect(core, sizes, { epoch: core.epoch, version: 1_000 }))
    await add('snapshot', async () => sizeOf(await core.snapshot(li, groupId)))
    await add('changes', async () => sizeOf(await core.changes(li, groupId, version - 1_900)))
    await add('changes from the beginning', async () => sizeOf(await core.changes(li, groupId, 0)))
    await add('history', async () =>
      sizeOf(await core.history(li, groupId, { before: Math.trunc(lastSeq / 2), limit: 50 })),
    )
    const { cursor } = await core.members(li, groupId, { limit: 50 })
    await add('roster', async () =>
      sizeOf(await core.members(li, groupId, { limit: 50, ...(cursor === null ? {} : { cursor }) })),
    )
    for (const [who, nameOf] of readers) {
      await add(`read, ${who}`, async (round) => {
        const userId = nameOf(round) as UserId
        return sizeOf(await core.read({ appId, userId, guest: false }, groupId, Math.trunc(lastSeq * farJump) + round))
      })
    }
    return timed
  } finally {
    await core.stop()
    await store.close()
  }
}
/** Of all rounds but the first; of frames the largest. */
function medianOf(rounds: readonly Round[]): Round {
  const middle = (pick: (round: Round) => number) => median(rounds.slice(1).map(pick))
  return {
    ms: middle((round) => round.ms),
    databaseMs: middle((round) => round.databaseMs),
    statements: middle((round) => round.statements),
    frameBytes: Math.max(...rounds.map((round) => round.frameBytes)),
  }
}
/** From the middle of the group, where all have read to, to this part of it. */
const farJump = 0.73
const readers: readonly (readonly [who: string, nameOf: (round: number) => string])[] = [
  ['who speaks seldom', (round) => `p${100 + round * 7}`],
  ['who speaks all the time', () => 'wang'],
  ['who never spoke', () => 'he'],
]

/** Until the person's stream and, for who comes back, all heads are out; resolves to the largest frame. */
function connect(
  core: Core,
  { groupsOfOne }: Sizes,
  resume: { readonly epoch?: string; readonly version?: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    let largest = 0
    let rows: 'more' | 'all' = 'more'
    let heads = resume.version === undefined ? Number.POSITIVE_INFINITY : 0
    const session = core.connect(li, resume, {
      push({ text }: Packet) {
        largest = Math.max(largest, Buffer.byteLength(text))
        if (text.startsWith('{"op":"changes"') && !text.endsWith(',"more":true}')) rows = 'all'
        if (text.startsWith('{"op":"heads"')) heads += (JSON.parse(text) as { heads: unknown[] }).heads.length
        if (rows === 'more' || heads <= groupsOfOne) return
        resolve(largest)
        setImmediate(() => session.close())
      },
      close: (code, reason) => reject(new Error(`closed: ${code} ${reason}`)),
    })
  })
}
