/**
 * Tries calls at once that are made one after the other elsewhere: what comes of them must be what comes of some order.
 * Knows no feature; each brings its scene.
 */
import type { GroupId } from '@qun/contract'
import type { Core, Feature } from '@qun/core'
import { storeTrouble, type Store } from '@qun/storage'
import { sql } from 'kysely'
import { appId } from './person.ts'
import { type Scene, type SceneCall, Stage } from './scene.ts'
import { shopId, startWorld, type World } from './world.ts'

const people = { ownerId: 'wang', adminIds: ['he'], memberIds: ['li', 'zhao', 'sun'] }
/** Groups whose members' clients are compared with a fresh reading at the end. */
const watchedMax = 40
/**
 * Looks at a store that stands still, before calls count as waiting for each other in the process. Longer than a node
 * takes to open a connection on a busy machine: a gate that opens too early proves nothing.
 */
const patience = 200

export interface Case {
  readonly scene: Scene
  /** Which calls of the scene, and what is done beside the first of them. */
  readonly calls: (calls: readonly SceneCall[], stage: Stage) => readonly SceneCall[]
  readonly title: string
}
/** What became of calls: their answers, and all that is there afterwards. */
interface Outcome {
  readonly codes: readonly (string | null)[]
  readonly effect: string
}

export class Rehearsal implements AsyncDisposable {
  readonly world: World
  /** Transactions the store ended because two waited for each other. */
  deadlocks = 0
  /** Names of calls that went through at least once. */
  readonly done = new Set<string>()
  readonly #nodes: Core[] = []
  #turn = 0
  #watched = 0

  private constructor(world: World) {
    this.world = world
    this.#nodes.push(world.core)
    world.route = () => this.#nodes[this.#turn++ % this.#nodes.length] as Core
  }
  static async open(features: readonly Feature[]): Promise<Rehearsal> {
    const rehearsal = new Rehearsal(await startWorld({ features, watching: [] }))
    const { world } = rehearsal
    Object.assign(world.store, { transaction: rehearsal.#counting(world.store.transaction.bind(world.store)) })
    const store = ({ transaction }: Pick<Store, 'transaction'>) => ({ transaction: rehearsal.#counting(transaction) })
    rehearsal.#nodes.push(await world.startNode({ store }))
    return rehearsal
  }
  #counting(transaction: Store['transaction']): Store['transaction'] {
    return (app, run, ...rest) =>
      transaction(
        app,
        async (tx) => {
          try {
            return await run(tx)
          } catch (error) {
            if (storeTrouble(error) === 'conflict') this.deadlocks++
            throw error
          }
        },
        ...rest,
      )
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]()
  }

  async stage(): Promise<Stage> {
    const made = await new Stage(this.world, '' as GroupId).call('groups.createForHost', 'host', {
      body: { name: '排练', merchantId: shopId, ...people },
    })
    return new Stage(this.world, made.groupId)
  }
  /** Makes the calls of a case in each order and at once; returns how the latter differs from all of the former. */
  async try({ scene, calls, title }: Case, gated = true): Promise<string | undefined> {
    const run = async (order: 'as told' | 'reversed' | 'at once') => {
      const stage = await this.stage()
      const made = calls(await scene(stage), stage)
      const isWatched = order === 'at once' && this.#watched++ < watchedMax
      if (isWatched) for (const name of ['wang', 'li']) this.world.as(name).watch(stage.groupId)
      await this.#settle()
      const before = await this.#counts()
      const codes =
        order === 'at once' ? await this.#atOnce(stage, made, gated) : await this.#inTurn(stage, made, order)
      await this.#settle()
      return this.#outcome(stage, made, codes, before)
    }
    const told = await run('as told')
    const isOne = told.isOne ? [] : [await run('reversed')]
    const found = await run('at once')
    const right = [told, ...isOne].map(textOf)
    if (right.includes(textOf(found))) return undefined
    return `${title}\n  at once ${textOf(found)}\n${right.map((text) => `  in turn ${text}`).join('\n')}`
  }

  async #inTurn(stage: Stage, calls: readonly SceneCall[], order: 'as told' | 'reversed'): Promise<Answer[]> {
    const answers: Answer[] = []
    for (const call of order === 'reversed' ? calls.toReversed() : calls) answers.push(await this.#answer(stage, call))
    return order === 'reversed' ? answers.toReversed() : answers
  }
  /**
   * Both begin before either can end: the group's row and the app's facts are held until each call has ended or waits
   * for a lock, so whoever decides upon what it read before has read it by then.
   */
  async #atOnce(stage: Stage, calls: readonly SceneCall[], gated: boolean): Promise<Answer[]> {
    if (!gated) return Promise.all(calls.map((call) => this.#answer(stage, call)))
    let ended = 0
    const { answers } = await this.world.store.transaction(appId, async (tx) => {
      await sql`SELECT 1 FROM groups WHERE app_id = ${appId} AND group_id IN ('', ${stage.groupId}) FOR UPDATE`.execute(
        tx,
      )
      const begun = calls.map((call) => this.#answer(stage, call).finally(() => ended++))
      let seen = ''
      for (let still = 0; still < patience; still++) {
        const { rows } = await sql<{ waiting: number; busy: number; last: string }>`SELECT
            count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
            count(*) FILTER (WHERE state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock') AS busy,
            coalesce(max(query_start)::text, '') AS last
          FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(tx)
        const { waiting = 0, busy = 0, last = '' } = rows[0] ?? {}
        if (ended + waiting >= calls.length) break
        const now = `${ended} ${waiting} ${last}`
        if (now !== seen || busy > 0) still = 0
        seen = now
      }
      return { answers: begun }
    })
    return Promise.all(answers)
  }
  async #answer(stage: Stage, call: SceneCall): Promise<Answer> {
    try {
      await stage.make(call)
      this.done.add(call.name)
      return null
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (typeof code === 'string') return code
      throw error
    }
  }
  async #settle(): Promise<void> {
    // What is left to do lies in the store: one node does it for all.
    await this.world.core.settle()
  }

  // ── what is there afterwards ──
  #read<R>(query: ReturnType<typeof sql<R>>): Promise<R[]> {
    return this.world.store.reading('*', async (tx) => (await query.execute(tx)).rows)
  }
  #counts() {
    return this.#read(sql<{ app: number; paid: number }>`SELECT (SELECT count(*) FROM facts WHERE group_id = '') AS app,
      (SELECT count(*) FROM ledger_transfers) AS paid`)
  }
  async #outcome(stage: Stage, calls: readonly SceneCall[], codes: readonly Answer[], [before]: readonly Counts[]) {
    const { groupId } = stage
    const members =
      await this.#read(sql<object>`SELECT user_id, role, active, banned, muted_until > 0 AS muted, nickname
      FROM members WHERE group_id = ${groupId} ORDER BY user_id`)
    const group =
      await this.#read(sql<object>`SELECT g.name, g.member_count, g.disbanded_at IS NOT NULL AS over, g.owner_id,
        (SELECT count(*) FROM members m WHERE m.group_id = g.group_id AND m.active) AS active
      FROM groups g WHERE g.group_id = ${groupId}`)
    const facts = await this.#read(sql<object>`SELECT name, count(*) AS n FROM facts WHERE group_id = ${groupId}
      GROUP BY name ORDER BY name`)
    const lines = await this.#read(sql<object>`SELECT kind, body->>'what' AS what, count(*) AS n,
        count(recalled_at) AS recalled FROM messages WHERE group_id = ${groupId} GROUP BY 1, 2 ORDER BY 1, 2`)
    const states = await this.#read(sql<object>`SELECT seq, state FROM messages WHERE group_id = ${groupId}
      AND kind <> 'system' ORDER BY seq`)
    const [after] = await this.#counts()
    const counts = [(after?.app ?? 0) - (before?.app ?? 0), (after?.paid ?? 0) - (before?.paid ?? 0)]
    const isOne = new Set(calls.map((call) => JSON.stringify(call))).size === 1
    const effect = plain(JSON.stringify({ group, members, facts, lines, states, counts }), stage)
    return { isOne, codes: isOne ? codes.toSorted() : codes, effect }
  }
}
type Answer = string | null
interface Counts {
  readonly app: number
  readonly paid: number
}

/** Without what differs between two runs of the same: ids, keys, seeds, instants. */
function plain(text: string, { n }: Stage): string {
  return text
    .replaceAll(/[0-9a-f]{16,}/g, '#')
    .replaceAll(/\d{12,}/g, 'T')
    .replaceAll(/20\d\d-\d\d-\d\d/g, 'D')
    .replaceAll(new RegExp(`(?<=[a-z-])${n}\\b`, 'g'), 'N')
}
function textOf({ codes, effect }: Outcome): string {
  return `${JSON.stringify(codes)} ${effect}`
}

// ── which calls are tried ──
/** What could undo a call: its caller goes, is removed or reduced, the group ends, its card is recalled. */
export function undoers(call: SceneCall, { groupId }: Stage): SceneCall[] {
  const isOfGroup = call.at !== undefined || (call.params as { groupId?: string } | undefined)?.groupId !== undefined
  if (!isOfGroup) return []
  const params = { groupId }
  const of = { groupId, userId: call.who }
  const inGroup = ['he', 'li', 'zhao', 'sun'].includes(call.who)
  return [
    { name: 'groups.disband', who: 'wang', params },
    ...(call.at === undefined ? [] : [{ name: 'messages.recall', who: 'wang', at: call.at }]),
    ...(inGroup ? [{ name: 'members.leave', who: call.who, params }] : []),
    ...(inGroup ? [{ name: 'members.remove', who: 'wang', params: of }] : []),
    ...(call.who === 'he' ? [{ name: 'members.setRole', who: 'wang', params: of, body: { role: 'member' } }] : []),
    ...(call.who === 'wang' ? [{ name: 'groups.transfer', who: 'wang', params, body: { userId: 'he' } }] : []),
  ]
}

/** All cases of a scene: each call twice and three times, beside each other one, and beside what could undo it. */
export async function casesOf(
  name: string,
  scene: Scene,
  stage: Stage,
  served: (name: string) => boolean,
): Promise<Case[]> {
  const all = await scene(stage)
  const cases: Case[] = []
  const label = (call: SceneCall) => `${call.name} by ${call.who}`
  all.forEach((call, i) => {
    if (!served(call.name)) return
    const title = `${name}: ${label(call)}`
    for (const times of [2, 3])
      cases.push({ scene, title: `${title} ×${times}`, calls: (made) => Array.from({ length: times }, () => made[i]!) })
    for (const [j, other] of all.entries()) {
      if (j <= i || !served(other.name)) continue
      cases.push({ scene, title: `${title} beside ${label(other)}`, calls: (made) => [made[i]!, made[j]!] })
    }
    undoers(call, stage).forEach((other, j) => {
      // The scene has it itself, beside all others.
      if (all.some(({ name }) => name === other.name)) return
      cases.push({
        scene,
        title: `${title} beside ${label(other)}`,
        calls: (made, at) => [made[i]!, undoers(made[i]!, at)[j]!],
      })
    })
  })
  return cases
}
