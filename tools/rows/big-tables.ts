/**
 * The rows of a shop as large as it is promised to work, as one statement for each of the engine's tables. Those of
 * features are filled by the looks of their columns (spread.ts).
 */

export interface Sizes {
  readonly messages: number
  /** Members of the one giant group. */
  readonly members: number
  /** Groups of the one person who is in very many, besides the giant one. */
  readonly groupsOfOne: number
  /** Groups of the app. */
  readonly groups: number
}
/** What the product promises to carry on one machine. */
export const promised: Sizes = { messages: 5_000_000, members: 20_000, groupsOfOne: 499, groups: 100_000 }

export const big = {
  appId: 'shop',
  /** The giant group; 小李 is one of its members. */
  groupId: 'grp_giant000',
  /** In `groupsOfOne` groups besides: in as many as a person may be. */
  userId: 'li',
}
/** The first persons of the giant group, the rest are p0, p1 …; the first owns it, the second is an admin. */
const firstMembers = ['wang', 'he', 'li', 'zhao', 'sun']
/** In the giant group one speaks every second time, this one never, all others in turn. */
const silentMember = 1
const people = 120_000
/** Members of every other group. */
const fewMembers = 5
/** Of a hundred messages: in the giant group, and in the groups of the one person; the rest anywhere. */
const giantShare = 6
const sharedShare = 10
/** From so many lines of others on a silence is written down (packages/core/src/host/silences.ts). */
const silenceMin = 8_192
/** The first moment of 2026. */
const beganAt = 1_767_225_600_000

export const lastSeqOfGiant = ({ messages }: Pick<Sizes, 'messages'>): number => Math.trunc(messages / 100) * giantShare

/** A table and what fills it; `g` numbers groups, `n` a group's members or a table's rows. */
export type BigTable = readonly [table: string, statement: string]
/** Parts of statements. The giant group is number 0, those of the one person follow, then all others. */
interface Parts extends Sizes {
  readonly hundreds: number
  readonly giant: number
  readonly shared: number
  readonly others: number
  readonly group: string
  readonly allGroups: string
  readonly lastSeq: string
  readonly size: string
  /** Who `n` is in group `g`. */
  readonly member: string
  /** Every member of every group, as `g`, `n` and their id `u`. */
  readonly everybody: string
  /** Who says number `seq` of group `g`, and which of their words it is. */
  readonly speaker: string
  readonly word: string
  /** How much `n` said in group `g` up to the message of a number. */
  readonly saidBy: (seq: string | number) => string
  /** Where `n` of group `g` said the word of a number. */
  readonly wordAt: (word: string) => string
}

export function bigTables(sizes: Sizes): BigTable[] {
  const parts = partsOf(sizes)
  return [...crowd(parts), ...log(parts), ...traces(parts)]
}

function partsOf(sizes: Sizes): Parts {
  const { messages, members, groupsOfOne, groups } = sizes
  const hundreds = Math.trunc(messages / 100)
  const giant = lastSeqOfGiant(sizes)
  const shared = Math.trunc((hundreds * sharedShare) / groupsOfOne)
  const others = groups - groupsOfOne - 1
  const few = Math.trunc((hundreds * (100 - giantShare - sharedShare)) / others)
  const names = firstMembers.map((name, n) => `WHEN ${n} THEN '${name}'`).join(' ')
  const inGiant = `CASE n ${names} ELSE 'p' || (n - ${firstMembers.length}) END`
  const anywhere = `CASE WHEN g <= ${groupsOfOne} AND n = 0 THEN '${big.userId}' ELSE 'p' || ((g * 7 + n) % ${people}) END`
  const rest = members - silentMember - 1
  const lastSeq = `CASE WHEN g = 0 THEN ${giant} WHEN g <= ${groupsOfOne} THEN ${shared} ELSE ${few} END`
  const allGroups = `generate_series(0, ${groups - 1}) AS g`
  return {
    ...sizes,
    hundreds,
    giant,
    shared,
    others,
    group: `CASE g WHEN 0 THEN '${big.groupId}' ELSE 'grp_' || lpad(g::text, 8, '0') END`,
    allGroups,
    lastSeq,
    speaker: `CASE WHEN g > 0 THEN (seq - 1) % ${fewMembers} WHEN seq % 2 = 0 THEN 0
      ELSE ${silentMember + 1} + (seq - 1) / 2 % ${rest} END`,
    word: `CASE WHEN g > 0 THEN (seq - 1) / ${fewMembers} + 1 WHEN seq % 2 = 0 THEN seq / 2 ELSE (seq - 1) / 2 / ${rest} + 1 END`,
    saidBy: (
      seq,
    ) => `CASE WHEN g > 0 THEN ((${seq}) - n + ${fewMembers - 1}) / ${fewMembers} WHEN n = 0 THEN (${seq}) / 2
      WHEN n = ${silentMember} THEN 0 ELSE ((${seq}) / 2 - n + ${silentMember + rest}) / ${rest} END`,
    wordAt: (word) => `CASE WHEN g > 0 THEN ((${word}) - 1) * ${fewMembers} + n + 1 WHEN n = 0 THEN (${word}) * 2
      ELSE (((${word}) - 1) * ${rest} + n - ${silentMember + 1}) * 2 + 1 END`,
    size: `CASE WHEN g = 0 THEN ${members} ELSE ${fewMembers} END`,
    member: `CASE WHEN g = 0 THEN ${inGiant} ELSE ${anywhere} END`,
    everybody: `(SELECT 0 AS g, n, ${inGiant} AS u FROM generate_series(0, ${members - 1}) AS n
      UNION ALL SELECT g, n, ${anywhere}
        FROM generate_series(1, ${groups - 1}) AS g, generate_series(0, ${fewMembers - 1}) AS n) t`,
  }
}

function crowd({ group, allGroups, lastSeq, size, everybody, saidBy, wordAt }: Parts): BigTable[] {
  const role = `CASE n WHEN 0 THEN 'owner' WHEN 1 THEN 'admin' ELSE 'member' END`
  return [
    [
      'users',
      `INSERT INTO users (app_id, user_id, name, version) SELECT '${big.appId}', u, 'Name of ' || u, 1000
        FROM (SELECT unnest('{${firstMembers.join(',')},zhou}'::text[]) AS u
          UNION ALL SELECT 'p' || n FROM generate_series(0, ${people - 1}) AS n) t`,
    ],
    [
      'groups',
      `INSERT INTO groups (app_id, group_id, name, owner_id, settings, member_count, version, row_version,
          last_seq, last_ordinal, last_word_seq, last_fact, last_at, created_at)
        SELECT '${big.appId}', ${group}, 'Group ' || g, 'wang', '{"history":"all","roster":"all"}', ${size},
          ${lastSeq} + 10, 1, ${lastSeq}, ${lastSeq}, ${lastSeq}, CASE g WHEN 0 THEN 100000 ELSE 10 END,
          ${beganAt} + g, ${beganAt} FROM ${allGroups}`,
    ],
    [
      'group_faces',
      `INSERT INTO group_faces (app_id, group_id, faces) SELECT '${big.appId}', ${group},
          '[{"name":"王店长","avatar":""},{"name":"小何","avatar":""},{"name":"小李","avatar":""}]' FROM ${allGroups}`,
    ],
    [
      'members',
      `INSERT INTO members (app_id, group_id, user_id, version, role, joined_at, active, join_seq, own, spoke_own, spoke_seq)
        SELECT '${big.appId}', ${group}, u, 1 + n % 9, ${role}, ${beganAt} + (n * 7919) % 20011, n % 50 <> 49, 0,
          own, own, CASE own WHEN 0 THEN 0 ELSE ${wordAt('own')} END
        FROM (SELECT *, ${saidBy(lastSeq)} AS own FROM ${everybody}) b`,
    ],
    [
      'conversations',
      `INSERT INTO conversations (app_id, user_id, group_id, version, read_seq, read_ordinal, read_own)
        SELECT '${big.appId}', u, ${group}, 1 + g % 900, ${lastSeq} / 2, ${lastSeq} / 2,
          ${saidBy(`${lastSeq} / 2`)}
        FROM ${everybody}`,
    ],
  ]
}

function log(parts: Parts): BigTable[] {
  const { group, allGroups, member, speaker, word, hundreds, giant, shared, others, groupsOfOne, members } = parts
  const turn = 2 * (members - silentMember - 1)
  const rest = 100 - giantShare - sharedShare
  const ofShared = `i / 100 * ${sharedShare} + i % 100 - ${giantShare}`
  const ofRest = `i / 100 * ${rest} + i % 100 - ${giantShare + sharedShare}`
  const place = (inGiant: string, inShared: string, inRest: string) =>
    `CASE WHEN i % 100 < ${giantShare} THEN ${inGiant} WHEN i % 100 < ${giantShare + sharedShare} THEN ${inShared} ELSE ${inRest} END`
  const long = `{"text":"明天上午十点新到一批埃塞俄比亚的豆子，先到先得，老顾客可以请我们留一包。"}`
  const mentions = `CASE WHEN g = 0 THEN ${Math.trunc(giant / 20)} WHEN g <= ${groupsOfOne} THEN ${Math.trunc(shared / 20)} ELSE 2 END`
  return [
    [
      'messages',
      `INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint,
          kind, body, state, countable, ordinal, own, at)
        SELECT '${big.appId}', ${group}, seq, seq, ${member}, md5(i::text)::uuid, 'client-' || i, i,
          'text', CASE WHEN i % 9 = 0 THEN '${long}' ELSE '{"text":"好的，谢谢！"}' END::json, '{}', true, seq,
          ${word}, ${beganAt} + i
        FROM (SELECT i, g, seq, ${speaker} AS n FROM (
          SELECT i, ${place('0', `1 + (${ofShared}) % ${groupsOfOne}`, `${groupsOfOne + 1} + (${ofRest}) % ${others}`)} AS g,
            1 + ${place(`i / 100 * ${giantShare} + i % 100`, `(${ofShared}) / ${groupsOfOne}`, `(${ofRest}) / ${others}`)} AS seq
          FROM generate_series(0, ${hundreds * 100 - 1}) AS i) a) b`,
    ],
    [
      'silences',
      `INSERT INTO silences (app_id, group_id, user_id, seq, since, own)
        SELECT '${big.appId}', ${group}, ${member}, seq, greatest(0, seq - ${turn}), ${word}
        FROM (SELECT g, seq, ${speaker} AS n FROM (SELECT 0 AS g, seq FROM generate_series(1, ${giant}, 2) AS seq) a) b
        WHERE least(seq, ${turn}) > ${silenceMin}`,
    ],
    [
      'mentions',
      `INSERT INTO mentions (app_id, group_id, user_id, seq, sender_id)
        SELECT '${big.appId}', ${group}, CASE WHEN seq % 10 = 0 THEN '*' WHEN g <= ${groupsOfOne} THEN '${big.userId}'
          ELSE 'p' || g END, seq * 20, 'wang'
        FROM (SELECT g, seq FROM ${allGroups}, generate_series(1, ${mentions}) AS seq) t`,
    ],
  ]
}

function traces({ group, allGroups, groups, lastSeq }: Parts): BigTable[] {
  return [
    [
      'mine',
      `INSERT INTO mine (app_id, user_id, group_id, seq, version, kind, body)
        SELECT '${big.appId}', CASE n % 100 WHEN 0 THEN '${big.userId}' ELSE 'p' || n % ${people} END, ${group},
          1 + n * ${giantShare} / 10, 1 + n % 900, 'lucky-draw', '{"entered":true,"prizeName":null}'
        FROM (SELECT n, CASE n % 3 WHEN 0 THEN 0 ELSE 1 + n % ${groups - 1} END AS g
          FROM generate_series(0, 499999) AS n) t`,
    ],
    [
      'records',
      `INSERT INTO records (app_id, stream, kind, key, version, body)
        SELECT '${big.appId}', 'group/' || ${group}, 'notice', k::text, 1 + k % 9, '{"text":"open at ten"}'::json
        FROM ${allGroups}, generate_series(1, CASE g WHEN 0 THEN 20 ELSE 2 END) AS k
        UNION ALL SELECT '${big.appId}', 'user/' || CASE n % 1000 WHEN 0 THEN '${big.userId}' ELSE 'p' || n END,
          'coupon', n::text, 1 + n % 900, '{"text":"five off"}'::json FROM generate_series(0, 99999) AS n`,
    ],
    [
      'facts',
      `INSERT INTO facts (app_id, group_id, fact_seq, name, at, data)
        SELECT '${big.appId}', ${group}, k, 'member.joined', ${beganAt} + k, '{"userId":"li"}'
        FROM ${allGroups}, generate_series(1, CASE g WHEN 0 THEN 100000 ELSE 9 END) AS k`,
    ],
    [
      'acted',
      `INSERT INTO acted (app_id, group_id, seq, actor_id, client_id, fingerprint)
        SELECT '${big.appId}', '${big.groupId}', 1 + n / 5000, 'p' || n % 5000, 'act-' || n, n
        FROM generate_series(0, 499999) AS n`,
    ],
    [
      'idempotency',
      `INSERT INTO idempotency (app_id, caller, key, fingerprint, answer, at)
        SELECT '${big.appId}', 'user/p' || n % ${people}, 'key-' || n, n, '{}', ${beganAt} + n
        FROM generate_series(0, 499999) AS n`,
    ],
    [
      'jobs',
      `INSERT INTO jobs (app_id, group_id, seq, job, input, run_at)
        SELECT '${big.appId}', ${group}, 1, 'draw', '{}', 4000000000000 + g FROM ${allGroups} WHERE g % 5 = 0`,
    ],
    [
      'folds',
      `INSERT INTO folds (app_id, group_id, fold, seq, version)
        SELECT '${big.appId}', ${group}, 'member-level.points', ${lastSeq}, ${lastSeq} FROM ${allGroups}`,
    ],
  ]
}
