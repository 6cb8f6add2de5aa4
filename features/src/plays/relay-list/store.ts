/** The lines of each list. Every function takes the place, with its transaction. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { check, rls, type Audit, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { OrderedList, Values } from './contract.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'relay-list-001',
    up: [
      `CREATE TABLE relay_list_lines (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, no integer NOT NULL,
        user_id text NOT NULL, name text NOT NULL, vals json NOT NULL, version integer NOT NULL,
        withdrawn boolean NOT NULL DEFAULT false, reason text, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, no))`,
      rls('relay_list_lines'),
    ],
  },
  {
    id: 'relay-list-002',
    up: [
      `CREATE TABLE relay_list_orders (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, by_id text NOT NULL,
        line_count integer NOT NULL CHECK (line_count > 0), status text NOT NULL CHECK (status IN ('due', 'taken')),
        at bigint NOT NULL, PRIMARY KEY (app_id, group_id, seq))`,
      `CREATE INDEX relay_list_orders_due ON relay_list_orders (app_id, at, group_id, seq) WHERE status = 'due'`,
      rls('relay_list_orders'),
    ],
  },
]

export interface Place {
  readonly tx: Tx
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}
export interface StoredLine {
  readonly no: number
  readonly userId: UserId
  readonly name: string
  readonly values: Values
  readonly version: number
  readonly withdrawn: boolean
  readonly reason: string | null
}
const at = ({ appId, groupId, seq }: Place) => sql`app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq}`
const columns = sql`no, user_id AS "userId", name, vals AS "values", version, withdrawn, reason`
const lineOf = (row: Omit<StoredLine, 'values'> & { readonly values: string }): StoredLine => ({
  ...row,
  values: JSON.parse(row.values) as Values,
})

/** [RL1] The primary key is the second wall: each number once. */
export async function addLines(place: Place, lines: readonly StoredLine[], now: number): Promise<void> {
  const { tx, appId, groupId, seq } = place
  await sql`INSERT INTO relay_list_lines (app_id, group_id, seq, no, user_id, name, vals, version, at)
    SELECT ${appId}, ${groupId}, ${seq}, t.no, t."userId", t.name, t.values, t.version, ${now}
    FROM json_to_recordset(${JSON.stringify(lines)}::json)
      AS t(no integer, "userId" text, name text, values json, version integer)`.execute(tx)
}
export async function findLine(place: Place, no: number): Promise<StoredLine | undefined> {
  const { rows } = await sql<Parameters<typeof lineOf>[0]>`SELECT ${columns} FROM relay_list_lines
    WHERE ${at(place)} AND no = ${no}`.execute(place.tx)
  return rows.map(lineOf)[0]
}
export async function saveLine(place: Place, line: StoredLine): Promise<void> {
  await sql`UPDATE relay_list_lines SET vals = ${JSON.stringify(line.values)}::json, version = ${line.version},
      withdrawn = ${line.withdrawn}, reason = ${line.reason} WHERE ${at(place)} AND no = ${line.no}`.execute(place.tx)
}
export async function listLines(
  place: Place,
  page: { readonly after: number; readonly limit: number },
): Promise<StoredLine[]> {
  const { rows } = await sql<Parameters<typeof lineOf>[0]>`SELECT ${columns} FROM relay_list_lines
    WHERE ${at(place)} AND no > ${page.after} ORDER BY no LIMIT ${page.limit}`.execute(place.tx)
  return rows.map(lineOf)
}

// ── orders made in the chat ──
/** [RL11] The primary key is the second wall: a list is ordered once. */
export async function addOrdered(
  { tx, appId, groupId, seq }: Place,
  ordered: Pick<OrderedList, 'byId' | 'lineCount' | 'at'>,
): Promise<void> {
  const { byId, lineCount, at: madeAt } = ordered
  await sql`INSERT INTO relay_list_orders (app_id, group_id, seq, by_id, line_count, status, at)
    VALUES (${appId}, ${groupId}, ${seq}, ${byId}, ${lineCount}, 'due', ${madeAt})`.execute(tx)
}
export async function listOrdered(tx: Tx, appId: AppId, limit: number): Promise<OrderedList[]> {
  const { rows } = await sql<OrderedList>`SELECT o.group_id AS "groupId", o.seq, o.by_id AS "byId",
      o.line_count AS "lineCount", o.at, g.merchant_path[1] AS "merchantId", nullif(m.sender_id, '') AS "posterId"
    FROM (SELECT * FROM relay_list_orders WHERE app_id = ${appId} AND status = 'due'
      ORDER BY at, group_id, seq LIMIT ${limit}) o
    JOIN messages m USING (app_id, group_id, seq) JOIN groups g USING (app_id, group_id)
    ORDER BY o.at, o.group_id, o.seq`.execute(tx)
  return rows
}
export async function takeOrdered(place: Place): Promise<void> {
  await sql`UPDATE relay_list_orders SET status = 'taken' WHERE ${at(place)} AND status = 'due'`.execute(place.tx)
}

// ── audits ──
export const audits: readonly Audit[] = [
  check(
    'RL4',
    'A list has its lines 1 … n, and its card counts those that stand, within its capacity.',
    sql`SELECT 'the lines of ' || m.app_id || '/' || m.group_id || '/' || m.seq AS place
      FROM messages m CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(max(no), 0) AS last,
          count(*) FILTER (WHERE NOT withdrawn) AS standing FROM relay_list_lines l
          WHERE l.app_id = m.app_id AND l.group_id = m.group_id AND l.seq = m.seq) l
      WHERE m.kind = 'relay-list' AND m.recalled_at IS NULL AND (l.n <> l.last OR (m.state->>'lastNo')::bigint <> l.last
        OR (m.state->>'lineCount')::bigint <> l.standing OR l.standing > (m.body->>'capacity')::bigint)`,
  ),
  check(
    'RL11',
    'A list whose orders wait for the host is locked, and has the lines they were made of.',
    sql`SELECT 'the orders of ' || o.app_id || '/' || o.group_id || '/' || o.seq AS place
      FROM relay_list_orders o JOIN messages m USING (app_id, group_id, seq)
      WHERE m.state->>'phase' IS DISTINCT FROM 'ordered' OR (m.state->>'lineCount')::bigint <> o.line_count`,
  ),
]
