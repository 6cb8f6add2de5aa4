/**
 * Timers of features: each once a period for every app, on whichever node comes first. Found on the store and leased
 * as jobs are; a run is the transaction that moves the timer to its next period. Knows no feature.
 */
import type { AppId } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'
import { baseCall, groupCall } from '../decide/calls.ts'
import { cardWithin } from '../decide/card-work.ts'
import type { Look, Source } from './crew.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Timer, TimerCall } from '../host/feature.ts'
import { cutOff, isStoreTrouble, never, triesAtLease, verdictOf } from './tries.ts'
import { walk } from './walk.ts'

interface DueTimer {
  readonly app_id: AppId
  readonly timer: string
}

/** Due timers of one name in one look. */
export const duePerTimer = 16
/** A node that found nothing due looks again after this: nobody waits for a timer by the second. */
const idleMs = 10_000
/** Apps that came meanwhile get their timers after this at the latest. */
const appsMs = 60_000

const periodOf = (now: number, everyMs: number): number => now - (now % everyMs)

export class Timers implements Source {
  readonly #engine: Engine
  readonly #timers: ReadonlyMap<string, Timer>
  #lookAt = 0
  #appsAt = 0

  constructor(engine: Engine) {
    this.#engine = engine
    this.#timers = new Map(engine.registry.timers.map((timer) => [timer.name, timer]))
  }

  /** Some of what is due. Asked by the clock alone, it keeps a pace of its own. */
  async look(isWaitedFor: boolean): Promise<Look> {
    const { store, apps, now } = this.#engine
    if (this.#timers.size === 0 || (!isWaitedFor && now() < this.#lookAt)) return { tasks: [] }
    if (now() >= this.#appsAt) {
      await this.#noteApps(now())
      this.#appsAt = now() + appsMs
    }
    const asked = { known: [...this.#timers.keys()], apps, now: now() }
    const rows = await store.reading('*', (tx) => walk(tx, lookForTimers(asked)))
    this.#lookAt = rows.length === 0 ? now() + idleMs : 0
    return {
      tasks: rows.map(({ app_id, timer }) => ({
        appId: app_id,
        key: JSON.stringify([app_id, timer]),
        run: () => this.#take(app_id, timer),
      })),
    }
  }

  /** [TIMER5] Apps are those that have people; each is found by one step in the index. */
  async #noteApps(now: number): Promise<void> {
    const first = [...this.#timers.values()].map(({ name, everyMs }) => ({
      timer: name,
      next_at: periodOf(now, everyMs) + everyMs,
    }))
    const { store, apps } = this.#engine
    const peopled =
      apps === undefined
        ? sql`(SELECT app_id FROM users ORDER BY app_id LIMIT 1)
          UNION ALL SELECT (SELECT u.app_id FROM users u WHERE u.app_id > apps.app_id ORDER BY u.app_id LIMIT 1)
          FROM apps WHERE apps.app_id IS NOT NULL`
        : sql`SELECT a.app_id FROM unnest(${apps}::text[]) AS a(app_id)
          WHERE EXISTS (SELECT FROM users u WHERE u.app_id = a.app_id)`
    await store.transaction('*', (tx) =>
      sql`WITH RECURSIVE apps AS (${peopled})
        INSERT INTO timers (app_id, timer, next_at)
        SELECT apps.app_id, t.timer, t.next_at
        FROM apps, json_to_recordset(${JSON.stringify(first)}::json) AS t(timer text, next_at bigint)
        WHERE apps.app_id IS NOT NULL ON CONFLICT DO NOTHING`.execute(tx),
    )
  }
  /** A timer is due at its `next_at`, which moves while it is held. */
  async #take(appId: AppId, name: string): Promise<boolean> {
    const { store, limits, now, randomHex } = this.#engine
    const lease = randomHex(8)
    const { rows } = await store.transaction('*', (tx) =>
      sql<{ attempts: number }>`UPDATE timers SET lease = ${lease}, next_at = ${now() + limits.leaseMs},
          attempts = ${triesAtLease}
        WHERE (app_id, timer) IN (
          SELECT app_id, timer FROM timers WHERE app_id = ${appId} AND timer = ${name} AND next_at <= ${now()}
            AND lease_until <= ${now()} FOR UPDATE SKIP LOCKED)
        RETURNING attempts`.execute(tx),
    )
    const timer = this.#timers.get(name)
    if (rows[0] === undefined || timer === undefined) return false
    await this.#run(appId, timer, lease, rows[0].attempts)
    return true
  }
  /** [TIMER2] The lease is the fence against a worker that was long away. */
  async #run(appId: AppId, timer: Timer, lease: string, tried: number): Promise<void> {
    const { limits, now, store } = this.#engine
    const isHeld = sql`app_id = ${appId} AND timer = ${timer.name} AND lease = ${lease}`
    const nextPeriod = () => periodOf(now(), timer.everyMs) + timer.everyMs
    try {
      if (tried >= limits.attemptsMax) throw new Error(cutOff)
      await decide(this.#engine, appId, async (decision) => {
        const { rows } = await sql`UPDATE timers SET next_at = ${nextPeriod()}, attempts = 0,
          trouble = NULL WHERE ${isHeld} RETURNING 1`.execute(decision.tx)
        if (rows.length === 0) return
        let isWanted = false
        await timer.run(timerCall(decision, periodOf(decision.now, timer.everyMs), () => (isWanted = true)))
        await sql`UPDATE timers SET lease = NULL, next_at = CASE WHEN ${isWanted} THEN ${decision.now}::bigint
          ELSE next_at END WHERE ${isHeld}`.execute(decision.tx)
      })
    } catch (error) {
      if (isStoreTrouble(error)) this.#engine.onWorkerTrouble(error)
      else this.#engine.onBug(error, `timer ${timer.name}`)
      const verdict = verdictOf(error, tried, limits.attemptsMax, now())
      const isOver = verdict.dueAt === never
      await store.transaction(appId, (tx) =>
        sql`UPDATE timers SET trouble = ${verdict.trouble}, lease = NULL, attempts = ${isOver ? 0 : verdict.attempts},
          next_at = ${isOver ? nextPeriod() : verdict.dueAt} WHERE ${isHeld}`.execute(tx),
      )
    }
  }
}

export interface TimersAsked {
  readonly known: readonly string[]
  readonly apps: readonly string[] | undefined
  readonly now: number
}
/** Some due timers of each name, those first that wait longest; one whose feature is gone is not looked at. */
export function lookForTimers({ known, apps, now }: TimersAsked): RawBuilder<DueTimer> {
  const names = sql`unnest(${known}::text[]) AS n(timer)`
  if (apps !== undefined) {
    return sql<DueTimer>`SELECT t.app_id, t.timer FROM unnest(${apps}::text[]) AS a(app_id) CROSS JOIN ${names}
      JOIN timers t ON t.app_id = a.app_id AND t.timer = n.timer AND t.next_at <= ${now}
      ORDER BY t.next_at, t.app_id, t.timer LIMIT ${duePerTimer}`
  }
  return sql<DueTimer>`SELECT d.app_id, d.timer FROM ${names} CROSS JOIN LATERAL (
      SELECT t.app_id, t.timer, t.next_at FROM timers t WHERE t.timer = n.timer AND t.next_at <= ${now}
      ORDER BY t.next_at, t.app_id LIMIT ${duePerTimer}) d
    ORDER BY d.next_at, d.app_id, d.timer`
}

function timerCall(decision: Decision, periodAt: number, again: () => void): TimerCall {
  return {
    ...baseCall(decision),
    periodAt,
    again,
    group: async (groupId) => groupCall(await decision.lockGroup(groupId)),
    card: (card, at) => cardWithin(decision, card, at),
  }
}
