/**
 * Makes the rows of a shop as large as it is promised to work: in the database itself, indexes built afterwards. Knows
 * the engine's tables; those of features are filled by the looks of their columns (spread.ts).
 */
import type { Client } from 'pg'

export interface Sizes {
  readonly messages: number
  /** Members of the one giant group. */
  readonly members: number
  /** Groups of the one person who is in very many. */
  readonly groupsOfOne: number
  /** Groups of the app. */
  readonly groups: number
}
/** What the product promises to carry on one machine. */
export const promised: Sizes = { messages: 5_000_000, members: 20_000, groupsOfOne: 500, groups: 100_000 }

export const big = {
  appId: 'shop',
  /** The giant group; 小李 is one of its members. */
  groupId: 'grp_giant000',
  /** In `groupsOfOne` groups besides. */
  userId: 'li',
}
/** The first persons of the giant group, the rest are p0, p1 …; the first owns it, the second is an admin. */
const firstMembers = ['wang', 'he', 'li', 'zhao', 'sun']
/** Members of every other group. */
const fewMembers = 5
/** Of a hundred messages: in the giant group, and in the groups of the one person; the rest anywhere. */
const giantShare = 6
const sharedShare = 10

/** Fills the tables of a fresh, migrated database. `run` is told of every step and how long it took. */
export async function fillBigRows(
  client: Client,
  sizes: Sizes,
  tell: (step: string, seconds: number) => void,
): Promise<void> {
  await client.query(`SELECT set_config('qun.app_id', '*', false)`)
  await client.query(`SET maintenance_work_mem = '768MB'; SET work_mem = '256MB'; SET statement_timeout = 0`)
  for (const [table, statements] of rowsOf(sizes)) {
    const start = performance.now()
    await withoutIndexes(client, table, async () => {
      for (const statement of statements) await client.query(statement)
    })
    tell(table, (performance.now() - start) / 1_000)
  }
}

/** An index is built from whole rows far faster than it grows. The log is of no use to rows that can be made again. */
export async function withoutIndexes(client: Client, table: string, fill: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string; constraint: string | null }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition,
      pg_get_constraintdef(c.oid) AS constraint
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
    WHERE i.indrelid = $1::regclass`,
    [table],
  )
  await client.query(`ALTER TABLE ${table} SET UNLOGGED`)
  for (const { name, constraint } of rows)
    await client.query(constraint === null ? `DROP INDEX ${name}` : `ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  await fill()
  for (const { name, definition, constraint } of rows)
    await client.query(constraint === null ? definition : `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${constraint}`)
  await client.query(`VACUUM (ANALYZE) ${table}`)
}

/** The giant group is number 0, those of the one person follow, then all others. */
function rowsOf(sizes: Sizes): [string, string[]][] {
  const { messages, members, groupsOfOne, groups } = sizes
  const hundreds = Math.trunc(messages / 100)
  const giant = hundreds * giantShare
  const shared = Math.trunc((hundreds * sharedShare) / groupsOfOne)
  const rest = 100 - giantShare - sharedShare
  const others = groups - groupsOfOne - 1
  const few = Math.trunc((hundreds * rest) / others)
  const group = `CASE g WHEN 0 THEN '${big.groupId}' ELSE 'grp_' || lpad(g::text, 8, '0') END`
  const lastSeq = `CASE WHEN g = 0 THEN ${giant} WHEN g <= ${groupsOfOne} THEN ${shared} ELSE ${few} END`
  const giantMember = `CASE n ${firstMembers.map((name, n) => `WHEN ${n} THEN '${name}'`).join(' ')} ELSE 'p' || (n - ${firstMembers.length}) END`
  const smallMember = `CASE WHEN g <= ${groupsOfOne} AND n = 0 THEN '${big.userId}' ELSE 'p' || ((g * 7 + n) % 120000) END`
  const role = `CASE n WHEN 0 THEN 'owner' WHEN 1 THEN 'admin' ELSE 'member' END`
  const everybody = `(SELECT 0 AS g, n, ${giantMember} AS u FROM generate_series(0, ${members - 1}) AS n
    UNION ALL SELECT g, n, ${smallMember} FROM generate_series(1, ${groups - 1}) AS g, generate_series(0, ${fewMembers - 1}) AS n) t`
  const size = `CASE WHEN g = 0 THEN ${members} ELSE ${fewMembers} END`
  return [
    [
      'users',
      [
        `INSERT INTO users (app_id, user_id, name, version) SELECT '${big.appId}', u, 'Name of ' || u, 1000 FROM
          (SELECT unnest('{${firstMembers.join(',')},zhou}'::text[]) AS u UNION ALL SELECT 'p' || n FROM generate_series(0, 119999) AS n) t`,
      ],
    ],
    [
      'groups',
      [
        `INSERT INTO groups (app_id, group_id, name, owner_id, settings, member_count, version, row_version, last_seq, last_ordinal,
            last_word_seq, last_fact, last_at, created_at)
          SELECT '${big.appId}', ${group}, 'Group ' || g, 'wang', '{"history":"all","roster":"all"}', ${size}, ${lastSeq} + 10, 1, ${lastSeq}, ${lastSeq},
            ${lastSeq}, 10, 1767225600000 + g, 1767225600000 FROM generate_series(0, ${groups - 1}) AS g`,
      ],
    ],
    [
      'group_faces',
      [
        `INSERT INTO group_faces (app_id, group_id, faces) SELECT '${big.appId}', ${group},
          '[{"name":"王店长","avatar":""},{"name":"小何","avatar":""},{"name":"小李","avatar":""}]' FROM generate_series(0, ${groups - 1}) AS g`,
      ],
    ],
    [
      'members',
      [
        `INSERT INTO members (app_id, group_id, user_id, version, role, joined_at, active, join_seq, own)
          SELECT '${big.appId}', ${group}, u, 1 + n % 9, ${role}, 1767225600000 + (n * 7919) % 20011, n % 50 <> 49, 0, ${lastSeq} / ${size} FROM ${everybody}`,
      ],
    ],
    [
      'conversations',
      [
        `INSERT INTO conversations (app_id, user_id, group_id, version, read_seq, read_ordinal, read_own)
          SELECT '${big.appId}', u, ${group}, 1 + g % 900, ${lastSeq} / 2, ${lastSeq} / 2, ${lastSeq} / 2 / ${size} FROM ${everybody}`,
      ],
    ],
    [
      'messages',
      [
        `INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state, countable, ordinal, own, at)
          SELECT '${big.appId}', ${group}, seq, seq, CASE WHEN g = 0 THEN ${giantMember} ELSE ${smallMember} END,
            md5(i::text)::uuid, 'client-' || i, i, 'text', CASE WHEN i % 9 = 0 THEN '{"text":"明天上午十点新到一批埃塞俄比亚的豆子，先到先得，老顾客可以请我们留一包。"}' ELSE '{"text":"好的，谢谢！"}' END::json,
            '{}', true, seq, (seq - 1) / ${size} + 1, 1767225600000 + i
          FROM (SELECT i, g, seq, (seq - 1) % ${size} AS n FROM (
            SELECT i, CASE WHEN i % 100 < ${giantShare} THEN 0
                WHEN i % 100 < ${giantShare + sharedShare} THEN 1 + (i / 100 * ${sharedShare} + i % 100 - ${giantShare}) % ${groupsOfOne}
                ELSE ${groupsOfOne + 1} + (i / 100 * ${rest} + i % 100 - ${giantShare + sharedShare}) % ${others} END AS g,
              CASE WHEN i % 100 < ${giantShare} THEN i / 100 * ${giantShare} + i % 100
                WHEN i % 100 < ${giantShare + sharedShare} THEN (i / 100 * ${sharedShare} + i % 100 - ${giantShare}) / ${groupsOfOne}
                ELSE (i / 100 * ${rest} + i % 100 - ${giantShare + sharedShare}) / ${others} END + 1 AS seq
            FROM generate_series(0, ${hundreds * 100 - 1}) AS i) a) b`,
      ],
    ],
    [
      'mentions',
      [
        `INSERT INTO mentions (app_id, group_id, user_id, seq, sender_id)
          SELECT '${big.appId}', ${group}, CASE WHEN seq % 10 = 0 THEN '*' WHEN g <= ${groupsOfOne} THEN '${big.userId}' ELSE 'p' || g END, seq * 20, 'wang'
          FROM (SELECT g, seq FROM generate_series(0, ${groups - 1}) AS g, generate_series(1, CASE WHEN g = 0 THEN ${Math.trunc(giant / 20)} WHEN g <= ${groupsOfOne} THEN ${Math.trunc(shared / 20)} ELSE 2 END) AS seq) t`,
      ],
    ],
    [
      'mine',
      [
        `INSERT INTO mine (app_id, user_id, group_id, seq, version, kind, body)
          SELECT '${big.appId}', CASE WHEN n % 10 = 0 THEN '${big.userId}' ELSE 'p' || n % 120000 END, ${group}, 1 + n * ${giantShare} / 10, 1 + n % 900, 'lucky-draw', '{"entered":true,"prizeName":null}'
          FROM (SELECT n, CASE n % 3 WHEN 0 THEN 0 ELSE 1 + n % ${groups - 1} END AS g FROM generate_series(0, 499999) AS n) t`,
      ],
    ],
    [
      'records',
      [
        `INSERT INTO records (app_id, stream, kind, key, version, body)
          SELECT '${big.appId}', 'group/' || ${group}, 'notice', k::text, 1 + k % 9, '{"text":"open at ten"}'
          FROM generate_series(0, ${groups - 1}) AS g, generate_series(1, CASE g WHEN 0 THEN 20 ELSE 2 END) AS k`,
        `INSERT INTO records (app_id, stream, kind, key, version, body)
          SELECT '${big.appId}', 'user/' || CASE n % 1000 WHEN 0 THEN '${big.userId}' ELSE 'p' || n END, 'coupon', n::text, 1 + n % 900, '{"text":"five off"}' FROM generate_series(0, 99999) AS n`,
      ],
    ],
    [
      'facts',
      [
        `INSERT INTO facts (app_id, group_id, fact_seq, name, at, data)
          SELECT '${big.appId}', ${group}, k, 'member.joined', 1767225600000 + k, '{"userId":"li"}'
          FROM generate_series(0, ${groups - 1}) AS g, generate_series(1, CASE g WHEN 0 THEN 100000 ELSE 9 END) AS k`,
      ],
    ],
    [
      'acted',
      [
        `INSERT INTO acted (app_id, group_id, seq, actor_id, client_id, fingerprint)
          SELECT '${big.appId}', '${big.groupId}', 1 + n / 5000, 'p' || n % 5000, 'act-' || n, n FROM generate_series(0, 499999) AS n`,
      ],
    ],
    [
      'idempotency',
      [
        `INSERT INTO idempotency (app_id, caller, key, fingerprint, answer, at)
          SELECT '${big.appId}', 'user/p' || n % 120000, 'key-' || n, n, '{}', 1767225600000 + n FROM generate_series(0, 499999) AS n`,
      ],
    ],
    [
      'jobs',
      [
        `INSERT INTO jobs (app_id, group_id, seq, job, input, run_at)
          SELECT '${big.appId}', ${group}, 1, 'draw', '{}', 4000000000000 + g FROM generate_series(0, ${groups - 1}) AS g WHERE g % 5 = 0`,
      ],
    ],
    [
      'folds',
      [
        `INSERT INTO folds (app_id, group_id, fold, seq, version)
          SELECT '${big.appId}', ${group}, 'member-level.points', ${lastSeq}, ${lastSeq} FROM generate_series(0, ${groups - 1}) AS g`,
      ],
    ],
  ]
}
