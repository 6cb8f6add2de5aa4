/** Turns stored rows into wire rows, as JSON text: bodies and states are embedded unparsed. */
import type { GroupRow, GroupSettings, MemberRow } from '@qun/contract'
import type { GroupDbRow, MemberDbRow, MessageDbRow, MineDbRow, RecordDbRow } from './store.ts'

/** One wire row: its JSON, what names it in its stream, and from which `seq` on it is visible (0: to all). */
export interface RowText {
  readonly key: string
  readonly version: number
  /** Position of a message; 0 for rows every member may see. */
  readonly seq: number
  readonly json: string
}

const quoted = JSON.stringify

export function messageText(row: MessageDbRow): RowText {
  const recalled =
    row.recalled_at === null ? '' : `,"recalled":{"by":${quoted(row.recalled_by)},"at":${row.recalled_at}}`
  const as = row.spoken_as === null ? '' : `,"as":${row.spoken_as}`
  const json =
    `{"row":"message","seq":${row.seq},"version":${row.version},"senderId":${quoted(row.sender_id)}` +
    `,"clientId":${quoted(row.client_id)},"kind":${quoted(row.kind)},"body":${row.body ?? 'null'}` +
    `,"state":${row.state ?? 'null'},"ordinal":${row.ordinal},"own":${row.own},"at":${row.at}${as}${recalled}}`
  return { key: `m${row.seq}`, version: row.version, seq: row.seq, json }
}

/** What a member is called in the group. */
export function nameIn(row: Pick<MemberDbRow, 'nickname' | 'name'>): string {
  return row.nickname ?? row.name
}
/** What somebody is called in the group, and the badge beside it. */
export interface Speaker {
  readonly name: string
  readonly badge: MemberRow['badge']
}
export function speakerIn(row: Pick<MemberDbRow, 'nickname' | 'name' | 'badge'>): Speaker {
  return { name: nameIn(row), badge: row.badge as MemberRow['badge'] }
}
export function memberRow(row: MemberDbRow): MemberRow {
  return {
    row: 'member',
    userId: row.user_id as MemberRow['userId'],
    version: row.version,
    role: row.role,
    name: nameIn(row),
    avatar: row.avatar,
    badge: row.badge as MemberRow['badge'],
    joinedAt: row.joined_at,
    mutedUntil: row.muted_until,
    active: row.active,
  }
}
export function memberText(row: MemberDbRow): RowText {
  return { key: `u${row.user_id}`, version: row.version, seq: 0, json: quoted(memberRow(row)) }
}

export function groupRow(row: GroupDbRow): GroupRow {
  return {
    row: 'group',
    groupId: row.group_id as GroupRow['groupId'],
    version: row.row_version,
    name: row.name,
    avatar: row.avatar,
    ownerId: row.owner_id as GroupRow['ownerId'],
    memberCount: row.member_count,
    settings: row.settings as GroupSettings,
    ...(row.merchant_path === null ? {} : { merchantPath: [...row.merchant_path] }),
    createdAt: row.created_at,
    ...(row.disbanded_at === null ? {} : { disbandedAt: row.disbanded_at }),
  }
}
export function groupText(row: GroupDbRow): RowText {
  return { key: 'g', version: row.row_version, seq: 0, json: quoted(groupRow(row)) }
}

export function recordText(row: RecordDbRow): RowText {
  const json = `{"row":"record","kind":${quoted(row.kind)},"key":${quoted(row.key)},"version":${row.version},"body":${row.body ?? 'null'}}`
  return { key: `r${row.kind}/${row.key}`, version: row.version, seq: 0, json }
}

export function mineText(row: MineDbRow): RowText {
  const json =
    `{"row":"mine","groupId":${quoted(row.group_id)},"seq":${row.seq},"version":${row.version}` +
    `,"kind":${quoted(row.kind)},"body":${row.body},"hidden":${row.hidden}}`
  return { key: `i${row.group_id}/${row.seq}`, version: row.version, seq: 0, json }
}

/** Several texts as one JSON array. */
export function arrayText(rows: readonly RowText[]): string {
  return `[${rows.map((row) => row.json).join(',')}]`
}

/** How many of these rows, in the order of versions, are one page. Rows of one version are never parted. */
export function countOfPage(rows: readonly RowText[], bytesMax: number): number {
  let bytes = 0
  let count = 0
  for (const [i, row] of rows.entries()) {
    if (i > 0 && row.version > (rows[i - 1] as RowText).version) count = i
    bytes += Buffer.byteLength(row.json)
    if (bytes > bytesMax && count > 0) return count
  }
  return rows.length
}
