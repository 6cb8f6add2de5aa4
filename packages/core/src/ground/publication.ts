/**
 * What the engine tells its nodes after a commit, as one bus message: a JSON line about the frame, then one line a row.
 * A row's JSON holds no line break, so the lines need no escaping. A publication may be lost, repeated or reordered.
 */
import type { SpokenAs } from '@qun/contract'
import { type BusMessage, type Letter, textOf } from '@qun/bus'
import type { RowText } from './row-text.ts'
import type { MessageDbRow } from './store.ts'

/** The latest words of a group, for lists of conversations. */
export interface LastWords {
  readonly seq: number
  readonly senderId: string
  readonly kind: string
  readonly summary: unknown
  /** The shop they were spoken as. */
  readonly as?: SpokenAs
}
/** What lists show of a message. */
export function wordsOf(
  row: Pick<MessageDbRow, 'seq' | 'sender_id' | 'kind' | 'spoken_as'>,
  summary: unknown,
): LastWords {
  const as = row.spoken_as === null ? {} : { as: JSON.parse(row.spoken_as) as SpokenAs }
  return { seq: row.seq, senderId: row.sender_id, kind: row.kind, summary, ...as }
}
export interface GroupNews {
  readonly from: number
  readonly to: number
  /** Counters after the commit; absent when no message was posted. */
  readonly lastSeq?: number
  readonly lastOrdinal?: number
  readonly at?: number
  readonly last?: LastWords
  /** A recalled or changed message whose summary the head may show. */
  readonly reworded?: LastWords
  /** [userId, own] of senders of countable messages. */
  readonly own?: readonly (readonly [string, number])[]
  /** [userId or '*', seq, senderId]. */
  readonly mentions?: readonly (readonly [string, number, string])[]
  /** Members who lost their view with this commit. */
  readonly left?: readonly string[]
  /** Who came within a gap, with the position they joined at: what was said before it is not theirs. */
  readonly joined?: readonly (readonly [string, number])[]
  /** How far the store is, told after a commit that may have gone unheard; such news carries no rows. */
  readonly stored?: number
  /** What lies between is too much to be told: such news carries no rows, and whoever needs them reads. */
  readonly skips?: true
  /** Somebody is typing; such news carries no rows and moves no version. */
  readonly typing?: string
  /** The group's own row or its members changed: lists show name, picture, count. */
  readonly face?: true
}
export interface UserNews {
  readonly from: number
  readonly to: number
  /** Groups the user may follow from now on, with the position they joined at and the version they are told of. */
  readonly follow?: readonly (readonly [string, number, number])[]
  readonly unfollow?: readonly string[]
  /** How far the store is, as above. */
  readonly stored?: number
  /** Ends all connections of the user. */
  readonly cut?: { readonly code: number; readonly reason: string }
}
export interface Publication<News> {
  readonly news: News
  readonly rows: readonly RowText[]
}

/** A publication on its way: within a process it is handed over as it is, and written out for others only. */
export class PublicationLetter<News extends GroupNews | UserNews> implements Publication<News>, Letter {
  readonly news: News
  readonly rows: readonly RowText[]
  constructor(news: News, rows: readonly RowText[]) {
    this.news = Object.freeze(news)
    this.rows = Object.freeze(rows)
    Object.freeze(this)
  }
  get text(): string {
    return encodePublication(this.news, this.rows)
  }
}
export function readPublication<News extends GroupNews | UserNews>(message: BusMessage): Publication<News> {
  if (message instanceof PublicationLetter) return message as PublicationLetter<News>
  return decodePublication(textOf(message))
}

export function encodePublication(news: GroupNews | UserNews, rows: readonly RowText[]): string {
  const index = rows.map((row) => [row.key, row.version, row.seq])
  const head = JSON.stringify({ ...news, index })
  return rows.length === 0 ? head : `${head}\n${rows.map((row) => row.json).join('\n')}`
}

export function decodePublication<News>(text: string): Publication<News> {
  const lines = text.split('\n')
  const { index, ...news } = JSON.parse(lines[0] as string) as { index: [string, number, number][] }
  const rows = index.map(([key, version, seq], i) => ({ key, version, seq, json: lines[i + 1] as string }))
  return { news: news as News, rows }
}
