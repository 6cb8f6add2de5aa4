/** What the pills above and below the messages say. Pure. */
import type { ViewMessage } from '@qun/sdk'

/** Where the viewer stood when the group was opened; does not move while it stays open. */
export interface Opening {
  readonly readSeq: number
  readonly unread: number
  /** Unread positions that mention the viewer, ascending. */
  readonly mentions: readonly number[]
}
/** The positions whose lines are on the screen, and the highest one that ever was. */
export interface Seen {
  readonly topSeq: number
  readonly seenSeq: number
}
export interface Pills {
  /** Unread ones above the screen: how many, and the position to go to. */
  readonly above?: { readonly count: number; readonly seq: number }
  /** Messages of others below that have not been on the screen. */
  readonly below?: { readonly count: number }
  /** The oldest mention not seen, and whether it is further down. */
  readonly mention?: { readonly seq: number; readonly below: boolean }
}
export type IsCountable = (message: ViewMessage) => boolean

const isNews = (message: ViewMessage, viewerId: string, isCountable: IsCountable) =>
  message.senderId !== viewerId && !message.recalled && isCountable(message)

/** The first message of another past what was read; undefined when nothing in view is unread. */
export function firstUnreadSeq(
  messages: readonly ViewMessage[],
  opening: Opening,
  viewerId: string,
  isCountable: IsCountable,
): number | undefined {
  if (opening.unread === 0) return undefined
  return messages.find((message) => message.seq > opening.readSeq && isNews(message, viewerId, isCountable))?.seq
}
/**
 * True when all unread messages are loaded, so that the list can open at the first of them; otherwise it opens at the
 * end and the pill above leads up.
 */
export function opensAtUnread(messages: readonly ViewMessage[], opening: Opening, atStart: boolean): boolean {
  const oldest = messages[0]
  return opening.unread > 0 && oldest !== undefined && (atStart || oldest.seq <= opening.readSeq + 1)
}
export function pillsOf(input: {
  readonly messages: readonly ViewMessage[]
  readonly opening: Opening
  readonly seen: Seen
  readonly viewerId: string
  readonly isCountable: IsCountable
  /** The first unread line has been on the screen, or its pill was used. */
  readonly reachedUnread: boolean
  readonly following: boolean
}): Pills {
  const { messages, opening, seen, viewerId, isCountable, reachedUnread, following } = input
  const below = following
    ? 0
    : messages.filter((message) => message.seq > seen.seenSeq && isNews(message, viewerId, isCountable)).length
  // Mentions read on the way do not need a pill; those above the screen or not yet loaded do.
  const mention = opening.mentions.find((seq) => seq > seen.seenSeq || (seq < seen.topSeq && !reachedUnread))
  const above = opening.unread > 0 && !reachedUnread && seen.topSeq > opening.readSeq + 1
  return {
    ...(above ? { above: { count: opening.unread, seq: opening.readSeq + 1 } } : {}),
    ...(below > 0 ? { below: { count: below } } : {}),
    ...(mention !== undefined ? { mention: { seq: mention, below: mention > seen.seenSeq } } : {}),
  }
}
