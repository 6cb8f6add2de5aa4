/** The proof every world gives at its end: what clients hold from frames alone equals a fresh reading of the store. */
import type { AppId, GroupId, MemberRow, MessageRow, MineRow, RecordRow, UserId } from '@qun/contract'
import type { Core } from '@qun/core'
import type { Store } from '@qun/storage'
import type { Conversation, GroupView, QunClient } from '@qun/sdk'
import { sql } from 'kysely'

/** Everything in which a client differs from the store; empty when it is in sync. */
export async function differences(
  core: Core,
  store: Store,
  appId: AppId,
  client: QunClient,
  views: readonly GroupView[],
): Promise<string[]> {
  const userId = client.userId.get() as UserId
  const principal = { appId, userId, guest: false }
  const found: string[] = []
  const differ = (what: string, held: unknown, stored: unknown) => {
    const [a, b] = [canonical(held), canonical(stored)]
    if (a !== b) found.push(`${userId}: ${what}\n  held   ${a}\n  stored ${b}`)
  }
  const { conversations } = await core.conversations(principal)
  const held = new Map(client.conversations.get().map((conversation) => [conversation.groupId as string, conversation]))
  differ('groups', [...held.keys()].toSorted(), conversations.map((row) => row.groupId as string).toSorted())
  for (const row of conversations) {
    const mine = held.get(row.groupId)
    if (mine === undefined) continue
    differ(`conversation ${row.groupId}`, conversationFacts(mine), conversationFacts({ ...row, unread: 0 }))
    differ(`unread of ${row.groupId}`, mine.unread, await recount(store, appId, row.groupId, userId))
  }
  for (const view of views) {
    if (view.gone !== undefined || !view.ready) continue
    await compareView(core, principal, view, differ)
  }
  return found
}

type Differ = (what: string, held: unknown, stored: unknown) => void
async function compareView(
  core: Core,
  principal: { appId: AppId; userId: UserId; guest: boolean },
  view: GroupView,
  differ: Differ,
): Promise<void> {
  const groupId = view.groupId as GroupId
  const snapshot = await core.snapshot(principal, groupId)
  differ(`version of ${groupId}`, view.version, snapshot.version)
  differ(`face of ${groupId}`, view.group, snapshot.group)
  const low = view.messages[0]?.seq
  const page = low === undefined ? { messages: [], mine: [] } : await readAll(core, principal, groupId, low - 1)
  const hidden = new Set(page.mine.filter((row) => row.hidden).map((row) => row.seq))
  const mine = new Map(page.mine.map((row) => [row.seq, row]))
  const stored = page.messages.filter((message) => !hidden.has(message.seq))
  const plain = view.messages.map(({ mine: _, ...message }) => message)
  differ(`messages of ${groupId}`, plain, stored)
  differ(
    `parts in ${groupId}`,
    view.messages.flatMap((message) => (message.mine === undefined ? [] : [message.mine])),
    stored.flatMap((message) => (mine.has(message.seq) ? [mine.get(message.seq)] : [])),
  )
  if (snapshot.members.length <= 200) {
    const sorted = (members: Iterable<MemberRow>) => [...members].toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
    // A client may remember who left; a fresh reading tells of them only if they appear in it.
    const told = new Set(snapshot.members.map((row) => row.userId))
    const held = [...view.members.values()].filter((row) => row.active || told.has(row.userId))
    differ(`members of ${groupId}`, sorted(held), sorted(snapshot.members))
  }
  differ(
    `records of ${groupId}`,
    byKey([...view.records.values()].filter((row) => row.body !== null)),
    byKey(await recordsOf(core, principal, groupId, snapshot)),
  )
}
/** A snapshot that leaves some out says so: the changes since the beginning have them. */
async function recordsOf(
  core: Core,
  principal: { appId: AppId; userId: UserId; guest: boolean },
  groupId: GroupId,
  snapshot: Awaited<ReturnType<Core['snapshot']>>,
): Promise<RecordRow[]> {
  if (snapshot.more !== true) return snapshot.records
  const records = new Map<string, RecordRow>()
  for (let from = 0, more = true; more;) {
    const page = await core.changes(principal, groupId, from)
    for (const row of page.rows) if (row.row === 'record') records.set(`${row.kind}/${row.key}`, row)
    from = page.to
    more = page.more === true
  }
  return [...records.values()].filter((row) => row.body !== null)
}
const byKey = (rows: readonly RecordRow[]) =>
  rows.toSorted((a, b) => (`${a.kind}/${a.key}` < `${b.kind}/${b.key}` ? -1 : 1))

async function readAll(
  core: Core,
  principal: { appId: AppId; userId: UserId; guest: boolean },
  groupId: GroupId,
  after: number,
) {
  const messages: MessageRow[] = []
  const mine: MineRow[] = []
  for (;;) {
    const page = await core.history(principal, groupId, { after: messages.at(-1)?.seq ?? after, limit: 200 })
    messages.push(...page.messages)
    mine.push(...page.mine)
    // A page of large messages is a short one: the last is empty.
    if (page.messages.length === 0) return { messages, mine }
  }
}

function conversationFacts(row: Conversation) {
  const { groupId, role, joinSeq, readSeq, pinned, quiet, name, avatar, memberCount, own, mentions, head } = row
  return {
    groupId,
    role,
    joinSeq,
    readSeq,
    pinned,
    quiet,
    name,
    avatar,
    memberCount,
    own,
    mentions,
    lastSeq: head.lastSeq,
    lastOrdinal: head.lastOrdinal,
    last: head.last,
  }
}

/** The unread of mechanics C-19, counted row by row: the model the O(1) formula must equal. */
export async function recount(store: Store, appId: AppId, groupId: GroupId, userId: UserId): Promise<number> {
  return store.reading(appId, async (tx) => {
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM messages x
      JOIN conversations c ON c.app_id = x.app_id AND c.group_id = x.group_id AND c.user_id = ${userId}
      WHERE x.app_id = ${appId} AND x.group_id = ${groupId} AND x.seq > c.read_seq AND x.sender_id <> ${userId} AND x.countable`.execute(
      tx,
    )
    return rows[0]?.n ?? 0
  })
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, v]) => v !== undefined)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  )
}
