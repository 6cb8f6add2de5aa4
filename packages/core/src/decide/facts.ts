/**
 * Facts as a decision writes them. Which reactions there are stands in the store: a fact is queued for every one that
 * any node knows, and a node takes those that it knows itself, so nodes of different releases lose nothing to each
 * other. Knows no feature.
 */
import type { AppId } from '@qun/contract'
import { sql, type RawBuilder } from 'kysely'

/** Writes facts, and queues each for the reactions of its name that any node knows. The hot path: one statement. */
export function writeFacts(
  appId: AppId,
  groupId: string,
  at: number,
  facts: readonly { readonly fact_seq: number; readonly name: string; readonly data: unknown }[],
): RawBuilder<unknown> {
  return sql`WITH told AS (
      INSERT INTO facts (app_id, group_id, fact_seq, name, at, data)
      SELECT ${appId}, ${groupId}, t.fact_seq, t.name, ${at}, t.data
      FROM json_to_recordset(${JSON.stringify(facts)}::json) AS t(fact_seq bigint, name text, data json)
      RETURNING fact_seq, name)
    INSERT INTO reaction_queue (app_id, group_id, reaction, fact_seq)
    SELECT DISTINCT ${appId}, ${groupId}, r.reaction, t.fact_seq
    FROM told t JOIN reaction_names r ON r.fact = t.name AND r.scope IN ('*', ${appId})`
}
