/**
 * A person's new name or picture on its way to each of their groups: noted with the name itself, and told group by
 * group, each in a decision that removes its note. A group that is busy, and a node that dies, lose nothing.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import { decide } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import type { Look, Source } from './crew.ts'
import { isStoreTrouble, verdictOf } from './tries.ts'

interface Spread {
  readonly app_id: AppId
  readonly user_id: string
  readonly group_id: string
  /** How often it failed. */
  readonly attempts: number
}

/** Groups seen in one look. */
const takeMax = 32
/** A group that somebody holds this long is told later: one busy group does not hold up all others. */
const lockWaitMs = 200

const isOf = ({ app_id, user_id, group_id }: Spread) =>
  sql`app_id = ${app_id} AND user_id = ${user_id} AND group_id = ${group_id}`

export class Spreads implements Source {
  readonly #engine: Engine
  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Some of the groups that are due, in the order they became so. */
  async look(): Promise<Look> {
    const { store, apps } = this.#engine
    const inApps = apps === undefined ? sql`true` : sql`app_id = ANY(${apps}::text[])`
    const { rows } = await store.reading('*', (tx) =>
      sql<Spread>`SELECT app_id, user_id, group_id, attempts FROM spreads
        WHERE due_at <= ${this.#engine.now()} AND ${inApps}
        ORDER BY due_at, app_id, user_id, group_id LIMIT ${takeMax}`.execute(tx),
    )
    return {
      tasks: rows.map((spread) => ({
        appId: spread.app_id,
        key: JSON.stringify([spread.app_id, spread.user_id, spread.group_id]),
        run: () => this.#tell(spread),
      })),
      isMore: rows.length === takeMax,
    }
  }
  async #tell(spread: Spread): Promise<boolean> {
    const { limits, now, store, onBug, onWorkerTrouble } = this.#engine
    try {
      return await decide(this.#engine, spread.app_id, async (decision) => {
        await sql`SELECT set_config('lock_timeout', ${String(lockWaitMs)}, true)`.execute(decision.tx)
        const { rows } = await sql`DELETE FROM spreads WHERE ${isOf(spread)} RETURNING 1`.execute(decision.tx)
        // Another node told it.
        if (rows.length === 0) return false
        const work = await decision.lockGroup(spread.group_id)
        await work.touchMember(spread.user_id)
        return true
      })
    } catch (error) {
      if (isStoreTrouble(error)) onWorkerTrouble(error)
      else onBug(error, 'a name on its way')
      const { attempts, dueAt, trouble } = verdictOf(error, spread.attempts, limits.attemptsMax, now())
      await store.transaction(spread.app_id, (tx) =>
        sql`UPDATE spreads SET attempts = ${attempts}, trouble = ${trouble}, due_at = ${dueAt}
          WHERE ${isOf(spread)}`.execute(tx),
      )
      return false
    }
  }
}
