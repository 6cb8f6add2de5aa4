/**
 * Reading: snapshots, changes since a version, history, members. All refuse `group.not_found` to whoever is no active
 * member.
 */
import {
  type AppId,
  type ChangesFrame,
  type GroupId,
  type MemberRow,
  type MessageRow,
  type MineRow,
  refuse,
  type SnapshotFrame,
  type Static,
} from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { type Engine, payerOf } from '../ground/engine.ts'
import type { Principal } from '../host/host.ts'
import {
  arrayText,
  countOfPage,
  groupText,
  memberRow,
  memberText,
  messageText,
  mineText,
  recordText,
  type RowText,
  type Speaker,
  speakerIn,
} from '../ground/row-text.ts'
import { bornWithin, changedWithin, findReach } from './changed-messages.ts'
import { readPeople, readRoster, rosterCursor } from './roster.ts'
import { readRest, restBefore, type RestPlace } from './snapshot-rest.ts'
import type { GroupDbRow, MemberDbRow, MessageDbRow, MineDbRow, RecordDbRow } from '../ground/store.ts'
import { messageSize, readWithin } from './within.ts'

export interface ViewerRow {
  readonly join_seq: number
  readonly role: MemberRow['role']
}
type At = { readonly appId: AppId; readonly groupId: string }

/** The viewer's membership. Strangers, former members and unknown groups get the same answer. */
export async function readViewer(tx: Tx, { appId, groupId }: At, userId: string): Promise<ViewerRow> {
  const { rows } = await sql<ViewerRow>`SELECT join_seq, role FROM members
    WHERE app_id = ${appId} AND group_id = ${groupId} AND user_id = ${userId} AND active`.execute(tx)
  const row = rows[0]
  if (row === undefined) throw refuse('group.not_found')
  return row
}

export interface SnapshotTexts {
  readonly version: number
  readonly lowSeq: number
  readonly joinSeq: number
  /** What the viewer is called in the group. */
  readonly viewer: Speaker | undefined
  readonly group: RowText
  readonly messages: readonly RowText[]
  readonly members: readonly RowText[]
  readonly records: readonly RowText[]
  readonly mine: readonly RowText[]
  /** From where on more records and parts are to be read; undefined when all are here. */
  readonly next: RestPlace | undefined
}

/**
 * A group as it stands at one version, read in one statement's snapshot per part, all in one transaction. Of records
 * and of the viewer's own parts as many as `bytesMax` holds: what is left is read from `next` on.
 */
export async function readSnapshot(
  engine: Engine,
  tx: Tx,
  at: At,
  userId: string,
  bytesMax = engine.limits.pageBytesMax,
): Promise<SnapshotTexts> {
  const { appId, groupId } = at
  const viewer = await readViewer(tx, at, userId)
  const groups = await sql<GroupDbRow>`SELECT * FROM groups WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(
    tx,
  )
  const group = groups.rows[0] as GroupDbRow
  const { snapshotMessages, snapshotMembers, pageBytesMax } = engine.limits
  const latest = sql`SELECT * FROM messages WHERE app_id = ${appId} AND group_id = ${groupId}
    AND seq > ${viewer.join_seq} ORDER BY seq DESC LIMIT ${snapshotMessages}`
  const bound = { order: sql`seq DESC`, size: messageSize, bytesMax: pageBytesMax }
  const messages = (await readWithin<MessageDbRow>(tx, latest, bound)).rows.toReversed()
  const lowSeq = messages[0]?.seq ?? viewer.join_seq + 1
  // All members of a small group, and in any group those who appear: also who left, for their words are shown.
  const isSmall = group.member_count <= snapshotMembers
  const present = isSmall ? await readRoster(tx, at, { limit: snapshotMembers }) : []
  const held = new Set(present.map((member) => member.user_id))
  const appearing = [userId, group.owner_id, ...messages.map((message) => message.sender_id)]
  const others = appearing.filter((appears) => !held.has(appears))
  const members = [...present, ...(await readPeople(tx, at, others))].filter((member) => member.version > 0)
  const rest = await readRest(tx, at, userId, restBefore(lowSeq), bytesMax)
  const own = members.find((member) => member.user_id === userId)
  return {
    version: group.version,
    lowSeq,
    joinSeq: viewer.join_seq,
    viewer: own === undefined ? undefined : speakerIn(own),
    group: groupText(group),
    messages: messages.map(messageText),
    members: members.map(memberText),
    ...rest,
  }
}

async function readMine(
  tx: Tx,
  { appId, groupId }: At,
  userId: string,
  fromSeq: number,
  toSeq: number,
): Promise<RowText[]> {
  const { rows } = await sql<MineDbRow>`SELECT group_id, seq, version, kind, body, hidden FROM mine
    WHERE app_id = ${appId} AND user_id = ${userId} AND group_id = ${groupId}
      AND seq BETWEEN ${fromSeq} AND ${toSeq}`.execute(tx)
  return rows.map(mineText)
}

/** `isCut`: records or own parts are missing in it. */
export function snapshotText(
  groupId: string,
  snapshot: SnapshotTexts,
  { id, isCut = false }: SnapshotMarks = {},
): string {
  return (
    `{"op":"snapshot","stream":${JSON.stringify(`group/${groupId}`)},"version":${snapshot.version},"lowSeq":${snapshot.lowSeq}` +
    `,"group":${snapshot.group.json},"messages":${arrayText(snapshot.messages)},"members":${arrayText(snapshot.members)}` +
    `,"records":${arrayText(snapshot.records)},"mine":${arrayText(snapshot.mine)}${id === undefined ? '' : `,"id":${id}`}` +
    `${isCut ? ',"more":true' : ''}}`
  )
}
interface SnapshotMarks {
  readonly id?: number
  readonly isCut?: boolean
}
export function changesText(
  stream: string,
  page: { readonly from: number; readonly to: number; readonly rows: readonly RowText[]; readonly more?: boolean },
  id?: number,
): string {
  return (
    `{"op":"changes","stream":${JSON.stringify(stream)},"from":${page.from},"to":${page.to},"rows":${arrayText(page.rows)}` +
    `${id === undefined ? '' : `,"id":${id}`}${page.more === true ? ',"more":true' : ''}}`
  )
}

export interface ChangesPage {
  readonly from: number
  readonly to: number
  readonly rows: readonly RowText[]
  readonly more: boolean
  readonly joinSeq: number
  /** How many versions the group is ahead of `from`. */
  readonly behind: number
}

/**
 * Rows of a group changed after `from`, oldest change first, each once and in its latest state; at most
 * `pullRowsMax` and `pageBytesMax`. `to` is the version reached, so a caller pages by passing it back.
 * Refuses `sync.reset` when `from` is ahead of the group.
 */
export async function readChanges(engine: Engine, tx: Tx, at: At, userId: string, from: number): Promise<ChangesPage> {
  const viewer = await readViewer(tx, at, userId)
  const { pullRowsMax: limit, pageBytesMax } = engine.limits
  const reach = await findReach(tx, at, from, limit)
  const version = reach?.version ?? 0
  if (reach === undefined || from > version) throw refuse('sync.reset', { detail: 'ahead' })
  const behind = version - from
  const texts: RowText[] = []
  // What is read is complete up to here.
  let { until } = reach
  if (behind > 0) {
    const bound = { size: messageSize, bytesMax: pageBytesMax }
    const born = await readWithin<MessageDbRow>(tx, bornWithin(at, reach, limit), { ...bound, order: sql`seq` })
    if (born.isCut) until = (born.rows.at(-1) as MessageDbRow).version
    const later = changedWithin(at, { from, until, limit: limit + 1 })
    const changed = await readWithin<MessageDbRow>(tx, later, { ...bound, order: sql`version` })
    if (changed.isCut) until = (changed.rows.at(-1) as MessageDbRow).version
    const messages = [...born.rows, ...changed.rows].filter((row) => row.version <= until)
    texts.push(...messages.map(messageText))
    texts.push(...(await readOtherChanges(tx, at, from, until, limit)))
  }
  texts.sort((a, b) => a.version - b.version)
  const count = Math.min(limit, countOfPage(texts, pageBytesMax))
  const isCut = texts.length > count
  const page = isCut ? texts.slice(0, count) : texts
  const to = isCut ? (page.at(-1) as RowText).version : until
  const visible = page.filter((row) => row.seq === 0 || row.seq > viewer.join_seq)
  const senders = await readSenders(engine, tx, at, visible, from)
  return { from, to, rows: [...senders, ...visible], more: to < version, joinSeq: viewer.join_seq, behind }
}

/** In a large group, the rows of those whose words are on the page: the client may never have met them. */
async function readSenders(
  engine: Engine,
  tx: Tx,
  { appId, groupId }: At,
  page: readonly RowText[],
  from: number,
): Promise<RowText[]> {
  const seqs = page.flatMap((row) => (row.seq > 0 ? [row.seq] : []))
  if (seqs.length === 0) return []
  // NOTE: each by its key. As joins the planner may read every member of the group, and every user of the app.
  const { rows } = await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM (
      SELECT DISTINCT sender_id FROM messages WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ANY(${seqs}::bigint[])
        AND ${engine.limits.snapshotMembers} < (SELECT member_count FROM groups WHERE app_id = ${appId} AND group_id = ${groupId})) s
    CROSS JOIN LATERAL (SELECT * FROM members WHERE app_id = ${appId} AND group_id = ${groupId}
      AND user_id = s.sender_id AND version <= ${from} OFFSET 0) m
    CROSS JOIN LATERAL (SELECT name, avatar, badge FROM users WHERE app_id = ${appId} AND user_id = s.sender_id OFFSET 0) u`.execute(
    tx,
  )
  return rows.map(memberText)
}

async function readOtherChanges(
  tx: Tx,
  { appId, groupId }: At,
  from: number,
  to: number,
  limit: number,
): Promise<RowText[]> {
  const { rows: members } = await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m
    JOIN users u ON u.app_id = m.app_id AND u.user_id = m.user_id
    WHERE m.app_id = ${appId} AND m.group_id = ${groupId} AND m.version > ${from} AND m.version <= ${to}
    ORDER BY m.version LIMIT ${limit + 1}`.execute(tx)
  const { rows: records } = await sql<RecordDbRow>`SELECT kind, key, version, body FROM records
    WHERE app_id = ${appId} AND stream = ${`group/${groupId}`} AND version > ${from} AND version <= ${to}
    ORDER BY version LIMIT ${limit + 1}`.execute(tx)
  const { rows: groups } = await sql<GroupDbRow>`SELECT * FROM groups WHERE app_id = ${appId} AND group_id = ${groupId}
    AND row_version > ${from} AND row_version <= ${to}`.execute(tx)
  return [...members.map(memberText), ...records.map(recordText), ...groups.map(groupText)]
}

// ── over HTTP ──
const parsed = <T>(texts: readonly RowText[]) => texts.map((text) => JSON.parse(text.json) as T)

/** An answer over HTTP has no other page beside it on the way: it may be as large as so many of a socket's. */
const historyPages = 4

export class Reader {
  readonly #engine: Engine
  constructor(engine: Engine) {
    this.#engine = engine
  }

  snapshot(who: Principal, groupId: GroupId): Promise<Static<typeof SnapshotFrame>> {
    const { appId, userId } = who
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const bytesMax = historyPages * this.#engine.limits.pageBytesMax
      const texts = await readSnapshot(this.#engine, tx, { appId, groupId }, userId, bytesMax)
      return JSON.parse(snapshotText(groupId, texts, { isCut: texts.next !== undefined })) as Static<
        typeof SnapshotFrame
      >
    })
  }
  changes(who: Principal, groupId: GroupId, from: number): Promise<Static<typeof ChangesFrame>> {
    const { appId, userId } = who
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const page = await readChanges(this.#engine, tx, { appId, groupId }, userId, from)
      return JSON.parse(changesText(`group/${groupId}`, page)) as Static<typeof ChangesFrame>
    })
  }
  history(
    who: Principal,
    groupId: GroupId,
    page: { readonly before?: number; readonly after?: number; readonly limit?: number },
  ): Promise<{ messages: MessageRow[]; mine: MineRow[]; members: MemberRow[] }> {
    const { appId, userId } = who
    const at = { appId, groupId }
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const viewer = await readViewer(tx, at, userId)
      const limit = page.limit ?? 50
      const after = Math.max(viewer.join_seq, page.after ?? 0)
      const before = page.before ?? Number.MAX_SAFE_INTEGER
      const isForward = page.after !== undefined
      const order = isForward ? sql`seq` : sql`seq DESC`
      const asked = sql`SELECT * FROM messages WHERE app_id = ${appId} AND group_id = ${groupId}
        AND seq > ${after} AND seq < ${before} ORDER BY ${order} LIMIT ${limit}`
      const bytesMax = historyPages * this.#engine.limits.pageBytesMax
      const read = await readWithin<MessageDbRow>(tx, asked, { order, size: messageSize, bytesMax })
      const rows = isForward ? read.rows : read.rows.toReversed()
      const senders = [...new Set(rows.map((row) => row.sender_id))]
      const { rows: members } = await sql<MemberDbRow>`SELECT m.*, u.name, u.avatar, u.badge FROM members m
        JOIN users u ON u.app_id = m.app_id AND u.user_id = m.user_id
        WHERE m.app_id = ${appId} AND m.group_id = ${groupId} AND m.user_id = ANY(${senders}::text[])`.execute(tx)
      const low = rows[0]?.seq ?? 1
      const mine = await readMine(tx, at, userId, low, rows.at(-1)?.seq ?? low - 1)
      return {
        messages: parsed<MessageRow>(rows.map(messageText)),
        mine: parsed<MineRow>(mine),
        members: members.map(memberRow),
      }
    })
  }
  message(who: Principal, groupId: GroupId, seq: number): Promise<{ message: MessageRow; mine: MineRow | null }> {
    const { appId, userId } = who
    const at = { appId, groupId }
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const viewer = await readViewer(tx, at, userId)
      const { rows } = await sql<MessageDbRow>`SELECT * FROM messages
        WHERE app_id = ${appId} AND group_id = ${groupId} AND seq = ${seq} AND seq > ${viewer.join_seq}`.execute(tx)
      if (rows[0] === undefined) throw refuse('message.not_found')
      const mine = await readMine(tx, at, userId, seq, seq)
      return { message: JSON.parse(messageText(rows[0]).json) as MessageRow, mine: parsed<MineRow>(mine)[0] ?? null }
    })
  }
  /** Strongest role first, then by joining. The cursor names the last member of the page before. */
  async members(
    who: Principal,
    groupId: GroupId,
    page: { readonly cursor?: string; readonly limit?: number },
  ): Promise<{ members: MemberRow[]; cursor: string | null }> {
    const { appId, userId } = who
    const after = rosterCursor.readIf(page.cursor)
    const limit = page.limit ?? 50
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const viewer = await readViewer(tx, { appId, groupId }, userId)
      const { rows: settings } = await sql<{ roster: string }>`SELECT settings->>'roster' AS roster FROM groups
        WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
      if (settings[0]?.roster === 'admins' && viewer.role === 'member') throw this.#hidden()
      const rows = await readRoster(tx, { appId, groupId }, { after, limit: limit + 1 })
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      const cursor =
        rows.length > limit && last !== undefined ? rosterCursor.write([last.rank, last.joined_at, last.user_id]) : null
      return { members: shown.map(memberRow), cursor }
    })
  }
  #hidden(): Error {
    return this.#engine.refusal('group.roster_hidden')
  }
}
