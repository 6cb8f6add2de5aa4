/** Reads a person's own stream: conversations, their parts of cards, their records, as rows since a version. */
import type { AppId, UserId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import { sql } from 'kysely'
import { conversationText, type ConversationView, headOf, mentionsIn, readConversations } from './conversations.ts'
import type { Engine } from '../ground/engine.ts'
import type { Registry } from '../host/registry.ts'
import { mineText, recordText, type RowText } from '../ground/row-text.ts'
import type { MineDbRow, RecordDbRow } from '../ground/store.ts'

/** Some of a person's stream: complete from where it was asked for up to `to`. */
export interface OwnStream {
  /** Where the whole stream stands. */
  readonly version: number
  readonly to: number
  readonly rows: readonly RowText[]
  /** All groups the person is in, changed or not, and those they left since; of later parts what changed alone. */
  readonly views: readonly ConversationView[]
}
export interface OwnPart {
  readonly since: number
  /**
   * The reader began at 0: nothing is told that was gone by then, nor parts of cards as they were, which come with
   * snapshots of groups.
   */
  readonly isFresh: boolean
  /**
   * Where the stream stood when the first part was read, in the parts that follow it: they do not repeat its views, and
   * tell of everything that changed since, for it may have been shown.
   */
  readonly begunAt?: number
  /** Of conversations, and of all else: about as many are read, and what is left is another part. */
  readonly bytesMax: number
}

/** [SYNC21] The next rows of a person's stream in the order of versions, in two statements. */
export async function readOwnStream(
  engine: Engine,
  tx: Tx,
  { appId, userId }: { readonly appId: AppId; readonly userId: UserId },
  part: OwnPart,
): Promise<OwnStream> {
  const { since, bytesMax } = part
  const others = await readOthers(tx, appId, userId, part)
  const which = part.begunAt !== undefined ? { changedAfter: since } : part.isFresh ? {} : { since }
  const views = await readConversations(tx, appId, userId, which, bytesMax)
  const allAfter = allAfterOf(part)
  const changed = views.filter((view) => view.version > since && (view.active || view.version > allAfter))
  const cutAt = changed.find((view) => view.is_cut)?.version ?? Number.POSITIVE_INFINITY
  const whole = changed.filter((view) => view.version < cutAt)
  // The first of all that changed is never cut, so there is one before: each part goes on.
  const before = views.findLast((view) => view.version > since && view.version < cutAt)?.version ?? since
  const to = Math.min(others.to, cutAt === Number.POSITIVE_INFINITY ? others.to : before)
  const rows = [...whole.map((view) => conversationText(view, engine.registry)), ...others.rows]
  return {
    version: others.version,
    to,
    rows: rows.filter((row) => row.version <= to).toSorted((a, b) => a.version - b.version),
    views,
  }
}

/** Above this version also what is gone is told, and parts of cards. */
const allAfterOf = ({ isFresh, begunAt = Number.MAX_SAFE_INTEGER }: OwnPart): number => (isFresh ? begunAt : 0)

/** Rows of one table in one reading: of a small size each, as most are, two pages. */
const othersMax = 4_000
type OtherDbRow = Omit<MineDbRow, 'group_id' | 'body'> &
  Pick<RecordDbRow, 'body'> & {
    readonly row: 'mine' | 'record' | 'user'
    readonly place: string
    readonly total: number
  }
/** Parts of cards and records, and where the stream stands; complete up to `to`. Rows of one version are not parted. */
async function readOthers(
  tx: Tx,
  appId: AppId,
  userId: UserId,
  part: OwnPart,
): Promise<{ readonly version: number; readonly to: number; readonly rows: readonly RowText[] }> {
  const { since, bytesMax } = part
  const allAfter = allAfterOf(part)
  const { rows } = await sql<OtherDbRow>`SELECT row, place, seq, version, kind, body, hidden, total FROM (
      SELECT *, count(*) OVER () AS total, rank() OVER inorder AS first,
        sum(coalesce(octet_length(body::text), 0)) OVER inorder AS length FROM (
        (SELECT 'mine' AS row, group_id AS place, seq, version, kind, body, hidden FROM mine
          WHERE app_id = ${appId} AND user_id = ${userId} AND version > ${Math.max(since, allAfter)}
          ORDER BY version FETCH FIRST (${othersMax}) ROWS WITH TIES)
        UNION ALL (SELECT 'record', key, 0, version, kind, body, false FROM records
          WHERE app_id = ${appId} AND stream = ${`user/${userId}`} AND version > ${since}
            AND (body IS NOT NULL OR version > ${allAfter})
          ORDER BY version FETCH FIRST (${othersMax}) ROWS WITH TIES)) c
      WINDOW inorder AS (ORDER BY version)) t WHERE first = 1 OR length <= ${bytesMax}
    UNION ALL SELECT 'user', '', 0, version, '', NULL, false, 0 FROM users WHERE app_id = ${appId} AND user_id = ${userId}`.execute(
    tx,
  )
  const version = rows.find(({ row }) => row === 'user')?.version ?? 0
  const told = rows.filter(({ row }) => row !== 'user').toSorted((a, b) => a.version - b.version)
  const reached = ['mine', 'record'].map((table) => {
    const own = told.filter(({ row }) => row === table)
    return own.length < othersMax ? version : (own.at(-1)?.version ?? version)
  })
  const isCut = told.length < (told[0]?.total ?? 0)
  return {
    version,
    to: Math.min(version, ...reached, isCut ? (told.at(-1)?.version ?? version) : version),
    rows: told.map((row) =>
      row.row === 'record'
        ? recordText({ ...row, key: row.place })
        : mineText({ ...row, group_id: row.place, body: row.body ?? 'null' }),
    ),
  }
}

/** The head of a group as one viewer sees it, with all that heads tell only when it changed. */
export function freshHead(view: ConversationView, registry: Registry): object {
  return {
    ...headOf(view, registry),
    own: view.own,
    mentions: mentionsIn(view),
    group: { name: view.name, avatar: view.avatar, memberCount: view.member_count },
  }
}
