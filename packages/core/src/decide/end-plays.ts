/**
 * [MER10] Ends cards that give a merchant's value, by what they planned themselves: a packet that would be given back
 * tomorrow is given back now, a draw drawn, a sale over. Knows no kind.
 */
import { givesOf } from '@qun/contract'
import { sql } from 'kysely'
import { lockMessage } from './card-work.ts'
import type { Decision } from './decision.ts'

interface Place {
  readonly groupId: string
  readonly after: number
  readonly limit: number
}
interface Planned {
  readonly seq: number
  readonly kind: string
  /** JSON text; null once recalled. */
  readonly body: string | null
}

/** The cards are locked before their jobs, as everywhere; nothing of the group is held before. */
export async function endPlays(decision: Decision, { groupId, after, limit }: Place): Promise<number | undefined> {
  const { appId, tx, now, engine } = decision
  const { rows } = await sql<Planned>`SELECT p.seq, m.kind, m.body FROM (SELECT DISTINCT seq FROM jobs
      WHERE app_id = ${appId} AND group_id = ${groupId} AND seq > ${after} ORDER BY seq LIMIT ${limit}) p
    CROSS JOIN LATERAL (SELECT kind, body FROM messages WHERE app_id = ${appId} AND group_id = ${groupId}
      AND seq = p.seq OFFSET 0) m ORDER BY p.seq`.execute(tx)
  const issued = rows.filter(({ kind, body }) => {
    const card = engine.registry.cards.get(kind)?.card
    return card !== undefined && body !== null && givesOf(card, JSON.parse(body)) === 'issued'
  })
  for (const { seq } of issued) await lockMessage(decision, { groupId, seq })
  const jobs = await sql<{ seq: number; job: string; input: string }>`SELECT seq, job, input FROM jobs
    WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ANY(${issued.map(({ seq }) => seq)}::bigint[])
      AND run_at > ${now}`.execute(tx)
  const work = decision.groupWork(groupId)
  for (const { seq, job, input } of jobs.rows) work.schedule(seq, job, now, JSON.parse(input))
  return rows.length < limit ? undefined : rows.at(-1)?.seq
}
