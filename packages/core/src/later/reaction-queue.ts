/**
 * The queue of facts and the reactions they wait for, as SQL: decisions put them in, and a node takes those that are
 * for reactions it knows. Knows no feature.
 */
import { sql, type RawBuilder } from 'kysely'
import { never, triesAtLease } from './tries.ts'

/** The facts of a group that wait for one reaction: it hears them one after the other. */
export interface Stream {
  readonly app_id: string
  readonly group_id: string
  readonly reaction: string
}
/** The last stream of its queue that a look saw: the next begins with it. */
export type Mark = Stream
/** The first waiting fact of a stream; nulls where a queue had none that this node may take. */
export interface SeenHead {
  readonly app_id: string
  readonly reaction: string
  readonly group_id: string | null
  readonly fact_seq: number | null
  readonly lease_until: number | null
}

/** What is set aside is no part of the index the looks go along. */
const waits = sql`lease_until < ${sql.lit(never)}`

/**
 * Tells all nodes which reactions there are, for every app or, of a core that is narrowed to some, for these; repeated
 * now and then, so that those of a feature that is gone are known by their age.
 */
export function noteReactions(
  reactions: readonly { readonly name: string; readonly on: string }[],
  apps: readonly string[] | undefined,
  now: number,
): RawBuilder<unknown> {
  const named = reactions.map(({ name, on }) => ({ reaction: name, fact: on }))
  return sql`INSERT INTO reaction_names (scope, fact, reaction, seen_at)
    SELECT s.scope, n.fact, n.reaction, ${now} FROM unnest(${apps ?? ['*']}::text[]) AS s(scope),
      json_to_recordset(${JSON.stringify(named)}::json) AS n(fact text, reaction text)
    ORDER BY 1, 2, 3
    ON CONFLICT (fact, reaction, scope) DO UPDATE SET seen_at = excluded.seen_at
      WHERE reaction_names.seen_at < excluded.seen_at`
}

/** What waits for one reaction in one app. */
export interface Queue {
  readonly app_id: string
  readonly reaction: string
}
export interface HeadsAsked {
  readonly after: Queue
  readonly marks: readonly Mark[]
  readonly known: readonly string[]
  readonly apps: readonly string[] | undefined
  readonly queuesMax: number
  readonly headsMax: number
}
/**
 * The first waiting fact of each stream: some queues of a reaction in an app, in the order of the index, and of each
 * some streams from its mark on. Every row is found by one step along the index; a queue of a reaction this node does
 * not know is one step.
 * NOTE: beneath row-level security only what cannot tell of rows may go along an index, and that is not so of COALESCE.
 */
export function lookForHeads(asked: HeadsAsked): RawBuilder<SeenHead> {
  const { marks, known, headsMax } = asked
  return sql<SeenHead>`WITH RECURSIVE queues AS (${queuesOf(asked)})
    SELECT p.app_id, p.reaction, h.group_id, h.fact_seq, h.lease_until
    FROM (SELECT q.app_id, q.reaction, q.step, coalesce(m.group_id, '') AS mark FROM queues q
      LEFT JOIN json_to_recordset(${JSON.stringify(marks)}::json) AS m(app_id text, reaction text, group_id text)
        USING (app_id, reaction) OFFSET 0) p
    LEFT JOIN LATERAL (
      WITH RECURSIVE heads AS (
        (SELECT q.group_id, q.fact_seq, q.lease_until, 1 AS step FROM reaction_queue q
          WHERE ${waits} AND q.app_id = p.app_id AND q.reaction = p.reaction
            AND q.group_id >= p.mark
          ORDER BY q.group_id, q.fact_seq LIMIT 1)
        UNION ALL
        SELECT next.*, h.step + 1 FROM heads h CROSS JOIN LATERAL (
          SELECT q.group_id, q.fact_seq, q.lease_until FROM reaction_queue q
          WHERE ${waits} AND q.app_id = p.app_id AND q.reaction = p.reaction AND q.group_id > h.group_id
          ORDER BY q.group_id, q.fact_seq LIMIT 1) next
        WHERE h.step < ${headsMax})
      SELECT group_id, fact_seq, lease_until FROM heads WHERE p.reaction = ANY(${known}::text[])) h ON true
    ORDER BY p.step, h.group_id`
}
/** Queues that have something waiting; of a core narrowed to some apps, looked for by name. */
function queuesOf({ after, apps, known, queuesMax }: HeadsAsked): RawBuilder<unknown> {
  if (apps !== undefined) {
    return sql`SELECT a.app_id, n.reaction, row_number() OVER (ORDER BY a.app_id, n.reaction) AS step
      FROM unnest(${apps}::text[]) AS a(app_id) CROSS JOIN unnest(${known}::text[]) AS n(reaction)
      WHERE (a.app_id, n.reaction) > (${after.app_id}, ${after.reaction}) AND EXISTS (
        SELECT FROM reaction_queue q WHERE ${waits} AND q.app_id = a.app_id AND q.reaction = n.reaction)
      ORDER BY a.app_id, n.reaction LIMIT ${queuesMax}`
  }
  return queuesBehind(after, queuesMax)
}
function queuesBehind(after: Queue, max: number): RawBuilder<unknown> {
  return sql`(SELECT app_id, reaction, 1 AS step FROM reaction_queue
      WHERE ${waits} AND (app_id, reaction) > (${after.app_id}, ${after.reaction})
      ORDER BY app_id, reaction LIMIT 1)
    UNION ALL
    SELECT next.app_id, next.reaction, p.step + 1 FROM queues p CROSS JOIN LATERAL (
      SELECT q.app_id, q.reaction FROM reaction_queue q
      WHERE ${waits} AND (q.app_id, q.reaction) > (p.app_id, p.reaction)
      ORDER BY q.app_id, q.reaction LIMIT 1) next
    WHERE p.step < ${max}`
}

export const orphansMax = 256
/** Some queues behind another, and whether they are of a reaction that no node has told of lately. */
export function lookForOrphans(
  after: Queue,
  apps: readonly string[] | undefined,
): RawBuilder<Queue & { readonly is_orphan: boolean }> {
  const inApps = apps === undefined ? sql`true` : sql`q.app_id = ANY(${apps}::text[])`
  return sql`WITH RECURSIVE queues AS (${queuesBehind(after, orphansMax)})
    SELECT q.app_id, q.reaction, ${inApps} AND NOT EXISTS (
      SELECT FROM reaction_names r WHERE r.reaction = q.reaction AND r.scope IN ('*', q.app_id)) AS is_orphan
    FROM queues q ORDER BY q.step`
}

/** Leases the fact that was seen first in its stream, unless somebody else did; how often it was tried by now. */
export function leaseHead(
  { app_id, group_id, reaction }: Stream,
  factSeq: number,
  { lease, now, leaseMs }: { readonly lease: string; readonly now: number; readonly leaseMs: number },
): RawBuilder<{ attempts: number }> {
  return sql<{ attempts: number }>`UPDATE reaction_queue SET lease = ${lease}, lease_until = ${now + leaseMs},
      attempts = ${triesAtLease}
    WHERE (app_id, group_id, reaction, fact_seq) IN (
      SELECT app_id, group_id, reaction, fact_seq FROM reaction_queue
      WHERE app_id = ${app_id} AND group_id = ${group_id} AND reaction = ${reaction} AND fact_seq = ${factSeq}
        AND lease_until <= ${now} FOR UPDATE SKIP LOCKED)
    RETURNING attempts`
}
