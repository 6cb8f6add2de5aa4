/**
 * A person's new name or picture on its way to each of their groups: noted with the name itself, and told group by
 * group, each in a decision that removes its note. A group that is busy, and a node that dies, lose nothing.
 */
import type { AppId } from '@qun/contract'
import { sql } from 'kysely'
import { decide } from '../decide/decision.ts'
import type { Engine } from '../ground/engine.ts'
import { backoffAfter, troubleOf } from './tries.ts'

interface Spread {
  readonly app_id: AppId
  readonly user_id: string
  readonly group_id: string
}

/** Groups told in a round: jobs and reactions come between. */
const takeMax = 32
/** A group that somebody holds this long is told later: one busy group does not hold up all others. */
const lockWaitMs = 200

const isOf = ({ app_id, user_id, group_id }: Spread) =>
  sql`app_id = ${app_id} AND user_id = ${user_id} AND group_id = ${group_id}`

export class Spreads {
  readonly #engine: Engine
  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Tells some of the groups that are due; how many. */
  async run(): Promise<number> {
    const { store, limits } = this.#engine
    const { rows } = await store.reading('*', (tx) =>
      sql<Spread>`SELECT app_id, user_id, group_id FROM spreads
        WHERE due_at <= ${this.#engine.now()} AND attempts < ${limits.attemptsMax}
        ORDER BY due_at, app_id, user_id, group_id LIMIT ${takeMax}`.execute(tx),
    )
    let told = 0
    for (const spread of rows) if (await this.#tell(spread)) told++
    return told
  }
  async #tell(spread: Spread): Promise<boolean> {
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
      this.#engine.onWorkerTrouble(error)
      await this.#engine.store.transaction(spread.app_id, (tx) =>
        sql`UPDATE spreads SET attempts = attempts + 1, trouble = ${troubleOf(error)},
          due_at = ${this.#engine.now()} + ${backoffAfter()} WHERE ${isOf(spread)}`.execute(tx),
      )
      return false
    }
  }
}
