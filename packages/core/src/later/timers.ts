/**
 * Timers of features: each once a period for every app, on whichever node comes first. Found on the store and leased
 * as jobs are; a run is the transaction that moves the timer to its next period. Knows no feature.
 */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { baseCall, groupCall } from '../decide/calls.ts'
import { cardWithin } from '../decide/card-work.ts'
import { decide, type Decision } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Timer, TimerCall } from '../host/feature.ts'
import { backoffAfter, troubleOf } from './tries.ts'

interface DueTimer {
  readonly app_id: AppId
  readonly timer: string
  readonly attempts: number
}

/** Timers taken at once by one worker: few, so that another node can help. */
const takeMax = 16
/** A node that found nothing due looks again after this: nobody waits for a timer by the second. */
const idleMs = 10_000
/** Apps that came meanwhile get their timers after this at the latest. */
const appsMs = 60_000

const periodOf = (now: number, everyMs: number): number => now - (now % everyMs)

export class Timers {
  readonly #engine: Engine
  readonly #timers: ReadonlyMap<string, Timer>
  #lookAt = 0
  #appsAt = 0

  constructor(engine: Engine) {
    this.#engine = engine
    this.#timers = new Map(engine.registry.timers.map((timer) => [timer.name, timer]))
  }

  /** Runs some of what is due; how many. Asked by the clock alone, it keeps a pace of its own unless `isSettling`. */
  async run(isSettling: boolean): Promise<number> {
    const now = this.#engine.now()
    if (this.#timers.size === 0 || (!isSettling && now < this.#lookAt)) return 0
    if (now >= this.#appsAt) {
      await this.#noteApps(now)
      this.#appsAt = now + appsMs
    }
    const lease = this.#engine.randomHex(8)
    const taken = await this.#take(lease)
    for (const due of taken) await this.#runTimer(due, lease)
    this.#lookAt = taken.length === 0 ? now + idleMs : 0
    return taken.length
  }

  /** [TIMER5] Apps are those that have people; each is found by one step in the index. */
  async #noteApps(now: number): Promise<void> {
    const first = [...this.#timers.values()].map(({ name, everyMs }) => ({
      timer: name,
      next_at: periodOf(now, everyMs) + everyMs,
    }))
    await this.#engine.store.transaction('*', (tx) =>
      sql`WITH RECURSIVE apps AS (
          (SELECT app_id FROM users ORDER BY app_id LIMIT 1)
          UNION ALL SELECT (SELECT u.app_id FROM users u WHERE u.app_id > apps.app_id ORDER BY u.app_id LIMIT 1)
          FROM apps WHERE apps.app_id IS NOT NULL)
        INSERT INTO timers (app_id, timer, next_at)
        SELECT apps.app_id, t.timer, t.next_at
        FROM apps, json_to_recordset(${JSON.stringify(first)}::json) AS t(timer text, next_at bigint)
        WHERE apps.app_id IS NOT NULL ON CONFLICT DO NOTHING`.execute(tx),
    )
  }
  async #take(lease: string): Promise<readonly DueTimer[]> {
    const now = this.#engine.now()
    const names = [...this.#timers.keys()]
    const { rows } = await this.#engine.store.transaction('*', (tx) =>
      sql<DueTimer>`UPDATE timers SET lease = ${lease}, lease_until = ${now + this.#engine.limits.leaseMs},
          attempts = attempts + 1
        WHERE (app_id, timer) IN (
          SELECT app_id, timer FROM timers
          WHERE next_at <= ${now} AND lease_until <= ${now} AND timer = ANY(${names})
          ORDER BY next_at, app_id, timer LIMIT ${takeMax} FOR UPDATE SKIP LOCKED)
        RETURNING app_id, timer, attempts`.execute(tx),
    )
    return rows
  }
  /** [TIMER2] The lease is the fence against a worker that was long away. */
  async #runTimer({ app_id, timer: name, attempts }: DueTimer, lease: string): Promise<void> {
    const timer = this.#timers.get(name)
    if (timer === undefined) return
    const isHeld = sql`app_id = ${app_id} AND timer = ${name} AND lease = ${lease}`
    const nextPeriod = () => periodOf(this.#engine.now(), timer.everyMs) + timer.everyMs
    try {
      // Whoever ran it did not even live to say what went wrong.
      if (attempts > this.#engine.limits.attemptsMax) throw new Error('each try was cut off')
      await decide(this.#engine, app_id, async (decision) => {
        const { rows } = await sql`UPDATE timers SET next_at = ${nextPeriod()}, lease_until = 0, attempts = 0,
          trouble = NULL WHERE ${isHeld} RETURNING 1`.execute(decision.tx)
        if (rows.length === 0) return
        let isWanted = false
        await timer.run(timerCall(decision, periodOf(decision.now, timer.everyMs), () => (isWanted = true)))
        await sql`UPDATE timers SET lease = NULL, next_at = CASE WHEN ${isWanted} THEN ${decision.now}::bigint
          ELSE next_at END WHERE ${isHeld}`.execute(decision.tx)
      })
    } catch (error) {
      this.#engine.onBug(error, `timer ${name}`)
      const isOver = attempts >= this.#engine.limits.attemptsMax
      const until = isOver ? sql`lease_until = 0, attempts = 0, next_at = ${nextPeriod()}` : this.#laterTry()
      const note = (tx: Tx) =>
        sql`UPDATE timers SET trouble = ${troubleOf(error)}, lease = NULL, ${until} WHERE ${isHeld}`.execute(tx)
      await this.#engine.store.transaction(app_id, note)
    }
  }
  #laterTry() {
    return sql`lease_until = ${this.#engine.now()} + ${backoffAfter()}`
  }
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
