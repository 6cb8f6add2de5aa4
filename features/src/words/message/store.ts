/** What texts read before edits, who reacted, how often everybody was mentioned, and the bytes of pictures. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import { rls, type Migration, type Tx } from '@qun/storage'
import { sql } from 'kysely'

export const migrations: readonly Migration[] = [
  {
    id: 'message-001',
    up: [
      `CREATE TABLE message_edits (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, edit integer NOT NULL,
        text text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, edit))`,
      `CREATE TABLE message_reactions (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, user_id text NOT NULL, emoji text NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, user_id, emoji))`,
      `CREATE INDEX message_reactions_by_age ON message_reactions (app_id, group_id, seq, at, user_id, emoji)`,
      `CREATE TABLE message_mention_all (
        app_id text NOT NULL, group_id text NOT NULL, day integer NOT NULL, count integer NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, group_id))`,
      `CREATE TABLE message_media (
        app_id text NOT NULL, group_id text NOT NULL, media_id text NOT NULL, user_id text NOT NULL,
        w integer NOT NULL, h integer NOT NULL, preview text NOT NULL, content_type text NOT NULL,
        full_bytes bytea NOT NULL, thumb_bytes bytea NOT NULL, size bigint NOT NULL, at bigint NOT NULL,
        posted boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, group_id, media_id))`,
      // Pictures are compressed already: trying again costs time and saves nothing.
      `ALTER TABLE message_media ALTER COLUMN full_bytes SET STORAGE EXTERNAL`,
      `ALTER TABLE message_media ALTER COLUMN thumb_bytes SET STORAGE EXTERNAL`,
      `CREATE INDEX message_media_unposted ON message_media (app_id, at) WHERE NOT posted`,
      `CREATE INDEX message_media_by_user ON message_media (app_id, user_id, at)`,
      `CREATE TABLE message_media_posts (
        app_id text NOT NULL, group_id text NOT NULL, media_id text NOT NULL, seq bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, media_id, seq))`,
      `CREATE INDEX message_media_posts_by_seq ON message_media_posts (app_id, group_id, seq)`,
      ...['message_edits', 'message_reactions', 'message_mention_all', 'message_media', 'message_media_posts'].map(rls),
    ],
  },
]

/** A type, not an interface: Kysely's withTables needs an index signature. */
type Tables = {
  message_edits: { app_id: string; group_id: string; seq: number; edit: number; text: string; at: number }
  message_reactions: { app_id: string; group_id: string; seq: number; user_id: string; emoji: string; at: number }
  message_mention_all: { app_id: string; group_id: string; day: number; count: number; at: number }
  message_media: {
    app_id: string
    group_id: string
    media_id: string
    user_id: string
    w: number
    h: number
    preview: string
    content_type: string
    full_bytes: Uint8Array
    thumb_bytes: Uint8Array
    size: number
    at: number
    posted: boolean
  }
  message_media_posts: { app_id: string; group_id: string; media_id: string; seq: number }
}
const tables = (tx: Tx) => tx.withTables<Tables>()

/** A message within its app. */
export interface Place {
  readonly appId: AppId
  readonly groupId: GroupId
  readonly seq: number
}

// ── edits ──
/** Keeps what the text read before its `edit`-th edit (0 is as posted), since `at`. */
export async function keepEarlierText(tx: Tx, place: Place, edit: number, text: string, at: number): Promise<void> {
  const row = { app_id: place.appId, group_id: place.groupId, seq: place.seq, edit, text, at }
  await tables(tx).insertInto('message_edits').values(row).execute()
}
/** Earlier texts, oldest first. */
export async function listEarlierTexts(tx: Tx, place: Place): Promise<{ text: string; at: number }[]> {
  return await tables(tx)
    .selectFrom('message_edits')
    .select(['text', 'at'])
    .where('app_id', '=', place.appId)
    .where('group_id', '=', place.groupId)
    .where('seq', '=', place.seq)
    .orderBy('edit')
    .execute()
}

// ── reactions ──
export async function addReaction(tx: Tx, place: Place, userId: UserId, emoji: string, at: number): Promise<void> {
  const row = { app_id: place.appId, group_id: place.groupId, seq: place.seq, user_id: userId, emoji, at }
  await tables(tx).insertInto('message_reactions').values(row).execute()
}
export async function removeReaction(tx: Tx, place: Place, userId: UserId, emoji: string): Promise<void> {
  await tables(tx)
    .deleteFrom('message_reactions')
    .where('app_id', '=', place.appId)
    .where('group_id', '=', place.groupId)
    .where('seq', '=', place.seq)
    .where('user_id', '=', userId)
    .where('emoji', '=', emoji)
    .execute()
}
export interface Reactor {
  readonly userId: UserId
  readonly emoji: string
  readonly at: number
}
/** Reactions oldest first, after the one given; of one emoji if it is given. */
export async function listReactors(
  tx: Tx,
  place: Place,
  page: { readonly emoji?: string | undefined; readonly after?: Reactor | undefined; readonly limit: number },
): Promise<Reactor[]> {
  const { after } = page
  const { rows } = await sql<Reactor>`
    SELECT user_id AS "userId", emoji, at FROM message_reactions
    WHERE app_id = ${place.appId} AND group_id = ${place.groupId} AND seq = ${place.seq}
      ${page.emoji === undefined ? sql`` : sql`AND emoji = ${page.emoji}`}
      ${after === undefined ? sql`` : sql`AND (at, user_id, emoji) > (${after.at}, ${after.userId}, ${after.emoji})`}
    ORDER BY at, user_id, emoji LIMIT ${page.limit}`.execute(tx)
  return rows
}
/** Nothing of a recalled message stays readable: neither earlier texts nor who reacted. */
export async function scrubMessage(tx: Tx, place: Place): Promise<void> {
  await Promise.all(
    (['message_edits', 'message_reactions'] as const).map((table) =>
      tables(tx)
        .deleteFrom(table)
        .where('app_id', '=', place.appId)
        .where('group_id', '=', place.groupId)
        .where('seq', '=', place.seq)
        .execute(),
    ),
  )
}

// ── mentions of everybody ──
export interface MentionAllRow {
  /** A local date of the group, as days from 1970. */
  readonly day: number
  readonly count: number
  readonly at: number
}
/** Locks the group's count until commit. */
export async function lockMentionAll(tx: Tx, appId: AppId, groupId: GroupId): Promise<MentionAllRow | undefined> {
  await sql`INSERT INTO message_mention_all (app_id, group_id, day, count, at) VALUES (${appId}, ${groupId}, 0, 0, 0)
    ON CONFLICT DO NOTHING`.execute(tx)
  const row = await tables(tx)
    .selectFrom('message_mention_all')
    .select(['day', 'count', 'at'])
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return row.count === 0 ? undefined : row
}
/** The caller holds the lock. */
export async function writeMentionAll(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  { day, count, at }: MentionAllRow,
): Promise<void> {
  await sql`UPDATE message_mention_all SET day = ${day}, count = ${count}, at = ${at}
    WHERE app_id = ${appId} AND group_id = ${groupId}`.execute(tx)
}

// ── pictures ──
export interface Picture {
  readonly mediaId: string
  readonly userId: UserId
  readonly w: number
  readonly h: number
  readonly preview: string
  readonly contentType: string
  readonly full: Uint8Array
  readonly thumb: Uint8Array
}
export async function addPicture(tx: Tx, appId: AppId, groupId: GroupId, picture: Picture, at: number): Promise<void> {
  const row = {
    app_id: appId,
    group_id: groupId,
    media_id: picture.mediaId,
    user_id: picture.userId,
    w: picture.w,
    h: picture.h,
    preview: picture.preview,
    content_type: picture.contentType,
    full_bytes: Buffer.from(picture.full),
    thumb_bytes: Buffer.from(picture.thumb),
    size: picture.full.byteLength + picture.thumb.byteLength,
    at,
    posted: false,
  }
  await tables(tx).insertInto('message_media').values(row).execute()
}
/** Until commit nobody else counts what this person uploaded: a quota is decided upon by one at a time. */
export async function lockUploads(tx: Tx, appId: AppId, userId: UserId): Promise<void> {
  const person = `media:${appId.length}:${appId}${userId}`
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${person}, 0))`.execute(tx)
}
/** How many pictures and bytes of them a person uploaded since an instant. */
export async function countUploads(
  tx: Tx,
  appId: AppId,
  userId: UserId,
  since: number,
): Promise<{ count: number; bytes: number }> {
  const { rows } = await sql<{ count: number; bytes: number }>`
    SELECT count(*)::int AS count, coalesce(sum(size), 0)::bigint AS bytes FROM message_media
    WHERE app_id = ${appId} AND user_id = ${userId} AND at > ${since}`.execute(tx)
  return rows[0] ?? { count: 0, bytes: 0 }
}
/** A picture without its bytes; undefined also for one that was not posted and is older than `unpostedSince`. */
export async function findPicture(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  mediaId: string,
  unpostedSince: number,
): Promise<
  { userId: UserId; w: number; h: number; preview: string; contentType: string; posted: boolean } | undefined
> {
  const row = await tables(tx)
    .selectFrom('message_media')
    .select(['user_id', 'w', 'h', 'preview', 'content_type', 'posted'])
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .where('media_id', '=', mediaId)
    .where((where) => where.or([where('posted', '=', true), where('at', '>', unpostedSince)]))
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { user_id, content_type, ...rest } = row
  return { ...rest, userId: user_id as UserId, contentType: content_type }
}
/** Ties a picture to the message that shows it; from then on it stays. */
export async function keepPosted(tx: Tx, place: Place, mediaId: string): Promise<void> {
  await tables(tx)
    .updateTable('message_media')
    .set({ posted: true })
    .where('app_id', '=', place.appId)
    .where('group_id', '=', place.groupId)
    .where('media_id', '=', mediaId)
    .execute()
  await addPost(tx, place, mediaId)
}
export async function addPost(tx: Tx, place: Place, mediaId: string): Promise<void> {
  const row = { app_id: place.appId, group_id: place.groupId, media_id: mediaId, seq: place.seq }
  await tables(tx).insertInto('message_media_posts').values(row).execute()
}
/** Pictures that messages and cards show, and who uploaded each. */
export const shownPictures = sql`SELECT p.app_id, p.group_id, p.seq, p.media_id, m.user_id
  FROM message_media_posts p JOIN message_media m USING (app_id, group_id, media_id)`
/** [PI7] Takes a person's upload that nothing shows yet; false for any other. One statement, so that one taker wins. */
export async function takeUpload(
  tx: Tx,
  place: Place,
  { mediaId, userId, since }: { readonly mediaId: string; readonly userId: UserId; readonly since: number },
): Promise<boolean> {
  const { rows } = await sql`UPDATE message_media SET posted = true
    WHERE app_id = ${place.appId} AND group_id = ${place.groupId} AND media_id = ${mediaId}
      AND user_id = ${userId} AND NOT posted AND at > ${since} RETURNING 1`.execute(tx)
  return rows.length > 0
}
/** Whether a message shows a picture that this person uploaded. */
export async function isPostedAt(tx: Tx, place: Place, mediaId: string, userId: UserId): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM message_media_posts p
    JOIN message_media m ON m.app_id = p.app_id AND m.group_id = p.group_id AND m.media_id = p.media_id
    WHERE p.app_id = ${place.appId} AND p.group_id = ${place.groupId} AND p.media_id = ${mediaId}
      AND p.seq = ${place.seq} AND m.user_id = ${userId}`.execute(tx)
  return rows.length > 0
}
/** Positions of messages that show a picture, latest first. */
export async function listPosts(tx: Tx, appId: AppId, groupId: GroupId, mediaId: string): Promise<number[]> {
  const rows = await tables(tx)
    .selectFrom('message_media_posts')
    .select('seq')
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .where('media_id', '=', mediaId)
    .orderBy('seq', 'desc')
    .limit(20)
    .execute()
  return rows.map((row) => row.seq)
}
export async function readBytes(
  tx: Tx,
  appId: AppId,
  groupId: GroupId,
  mediaId: string,
  size: 'thumb' | 'full',
): Promise<Uint8Array> {
  const row = await tables(tx)
    .selectFrom('message_media')
    .select(size === 'thumb' ? 'thumb_bytes as bytes' : 'full_bytes as bytes')
    .where('app_id', '=', appId)
    .where('group_id', '=', groupId)
    .where('media_id', '=', mediaId)
    .executeTakeFirstOrThrow()
  return row.bytes
}
/** Deletes the bytes of pictures that no other message shows. */
export async function dropPicturesOf(tx: Tx, place: Place): Promise<void> {
  await sql`WITH gone AS (DELETE FROM message_media_posts
      WHERE app_id = ${place.appId} AND group_id = ${place.groupId} AND seq = ${place.seq} RETURNING media_id)
    DELETE FROM message_media m USING gone
    WHERE m.app_id = ${place.appId} AND m.group_id = ${place.groupId} AND m.media_id = gone.media_id
      AND NOT EXISTS (SELECT 1 FROM message_media_posts p
        WHERE p.app_id = m.app_id AND p.group_id = m.group_id AND p.media_id = m.media_id
          AND p.seq <> ${place.seq})`.execute(tx)
}
/** Deletes at most a hundred pictures that nobody posted in time. */
export async function sweepUnposted(tx: Tx, appId: AppId, before: number): Promise<void> {
  await sql`DELETE FROM message_media WHERE (app_id, group_id, media_id) IN (
      SELECT app_id, group_id, media_id FROM message_media WHERE app_id = ${appId} AND NOT posted AND at <= ${before}
      ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED)`.execute(tx)
}
