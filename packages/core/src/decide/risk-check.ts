/** Asks the host's word before anything of worth is given. Knows no feature. */
import { refuse, Refusal } from '@qun/contract'
import { sql } from 'kysely'
import { type Engine, payerOf } from '../ground/engine.ts'
import type { ActRequest } from '../host/host.ts'
import type { RiskAttempt } from '../host/risk.ts'

/** Refuses `risk.blocked` when the host says so. */
export async function checkRisk(engine: Engine, attempt: RiskAttempt): Promise<void> {
  if (engine.risk === undefined) return
  let verdict: 'allow' | 'deny'
  try {
    verdict = await engine.risk(attempt)
  } catch (error) {
    if (!(error instanceof Refusal)) engine.onBug(error, 'the risk port')
    verdict = 'deny'
  }
  if (verdict === 'deny') throw refuse('risk.blocked')
}

/** The same for an action, before it waits for its card. A repeated one is answered as the first time, unasked. */
export async function checkActRisk(engine: Engine, request: ActRequest): Promise<void> {
  if (engine.risk === undefined) return
  const { principal, groupId, seq, action, clientId = '' } = request
  const { appId, userId } = principal
  const kind = await engine.store.reading(payerOf(principal), async (tx) => {
    const { rows } = await sql<{ kind: string }>`SELECT kind FROM messages m
      WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND NOT EXISTS (
        SELECT 1 FROM acted a WHERE a.app_id = ${appId} AND a.group_id = ${groupId} AND a.seq = ${seq}
          AND a.actor_id = ${userId} AND a.client_id = ${clientId})`.execute(tx)
    return rows[0]?.kind
  })
  if (kind === undefined) return
  const actions = engine.registry.cards.get(kind)?.card.actions ?? {}
  if (!Object.hasOwn(actions, action) || actions[action]?.commerce !== true) return
  await checkRisk(engine, { appId, userId, groupId, kind, action })
}
