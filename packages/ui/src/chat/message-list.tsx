/** The messages of an open group: virtual, and never moving under the reader's eyes. */
import type { GroupView, ViewMessage } from '@qun/sdk'
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { Virtualizer } from 'virtua'
import { useChat } from '../chat-context.tsx'
import { attention } from './attention.ts'
import { useConversation } from '../parts/hooks.tsx'
import { LineView } from './line-view.tsx'
import { MessageMenu, type MenuTarget } from './message-menu.tsx'
import { PillArea } from './pill-area.tsx'
import { useQun, useWords } from '../qun-context.ts'
import { useReadable } from '../parts/readable.ts'
import { padPx, useScrolling } from './scrolling.ts'
import { timelineOf, type Line } from './timeline.ts'
import type { Upload } from '../chat-context.tsx'
import { firstUnreadSeq, opensAtUnread, pillsOf, type Opening } from './unread.ts'

/** Lets the composer's side ask the list to show a message. */
export interface ListHandle {
  jump(seq: number): void
  toBottom(): void
}
export function MessageList({ handle }: { readonly handle?: { current: ListHandle | undefined } }) {
  const { group, view, uploads } = useChat()
  const { opening, markSeq, isCountable } = useOpening(view)
  const lines = useLines(view, uploads.list, markSeq)
  const list = useScrolling({ lines, view, markSeq })
  const pills = pillsOf({
    messages: view.messages,
    opening,
    seen: list.seen,
    viewerId: useQun().viewerId,
    isCountable,
    reachedUnread: list.reached,
    following: list.following,
  })
  useLayoutEffect(() => {
    if (handle) handle.current = { jump: list.jump, toBottom: list.toBottom }
  })
  return (
    <div className="qun-messages">
      <MessageLog lines={lines} list={list} name={view.group?.name ?? ''} />
      {list.loading && <LoadingMark />}
      <PillArea
        pills={pills}
        following={list.following}
        toUnread={() => list.toUnread(opening.readSeq + 1)}
        jump={list.jump}
        toBottom={list.toBottom}
      />
      <ReadMarker view={view} seenSeq={list.seen.seenSeq} markRead={(seq) => group.markRead(seq)} />
    </div>
  )
}

interface LogProps {
  readonly lines: readonly Line[]
  readonly list: ReturnType<typeof useScrolling>
  readonly name: string
}
function MessageLog({ lines, list, name }: LogProps) {
  const words = useWords()
  const [menu, setMenu] = useState<MenuTarget>()
  const openMenu = useCallback((message: ViewMessage, anchor: HTMLElement) => setMenu({ message, anchor }), [])
  return (
    <>
      <div
        ref={list.scroller}
        className="qun-messages__scroller"
        role="log"
        // While the reader looks at older messages, rows that come into view are not news.
        aria-live={list.following ? 'polite' : 'off'}
        aria-label={words('chat.messages', { name })}
        tabIndex={0}
        onWheel={list.settle}
        onTouchMove={list.settle}
        onKeyDown={list.settle}
      >
        <div className="qun-messages__top" />
        <div ref={list.content}>
          <Virtualizer
            ref={list.virtual}
            scrollRef={list.scroller}
            shift={list.shift}
            startMargin={padPx}
            onScroll={list.scrolled}
            onScrollEnd={list.settle}
            onResize={list.resized}
          >
            {lines.map((line) => (
              <LineView key={line.key} line={line} highlightedSeq={list.highlightedSeq} openMenu={openMenu} />
            ))}
          </Virtualizer>
        </div>
        {lines.length === 0 && <p className="qun-empty">{words('chat.empty')}</p>}
        <div className="qun-messages__bottom" />
      </div>
      <MessageMenu target={menu} onClose={() => setMenu(undefined)} />
    </>
  )
}
/** What was unread when the list was opened, and whether it opens there. */
function useOpening(view: GroupView) {
  const { cards, viewerId } = useQun()
  const mentions = useConversation(view.groupId)?.mentions
  const [opening] = useState<Opening>(() => ({
    readSeq: view.readSeq,
    unread: view.unread,
    mentions: mentions ?? [],
  }))
  const isCountable = useCallback((message: ViewMessage) => cards.get(message.kind)?.card.countable !== false, [cards])
  const { messages, atStart } = view
  const markSeq = useMemo(
    () =>
      opensAtUnread(messages, opening, atStart) ? firstUnreadSeq(messages, opening, viewerId, isCountable) : undefined,
    [messages, atStart, opening, viewerId, isCountable],
  )
  return { opening, markSeq, isCountable }
}
function useLines({ messages, pending }: GroupView, uploads: readonly Upload[], markSeq: number | undefined): Line[] {
  const { cards, viewerId } = useQun()
  return useMemo(
    () =>
      timelineOf({
        messages,
        pending,
        uploads,
        viewerId,
        firstUnreadSeq: markSeq,
        isSystem: (message) => cards.get(message.kind)?.plain === 'system',
        foldOf: (message) => (message.body === null ? undefined : cards.get(message.kind)?.fold?.(message.body)),
      }),
    [messages, pending, uploads, viewerId, markSeq, cards],
  )
}
function LoadingMark() {
  const words = useWords()
  return (
    <div className="qun-messages__loading" role="status">
      <span className="qun-spinner" aria-hidden="true" />
      <span className="qun-hidden">{words('chat.loadingOlder')}</span>
    </div>
  )
}

interface ReadMarkerProps {
  readonly view: GroupView
  readonly seenSeq: number
  readonly markRead: (seq: number) => void
}
/** Moves the read position to what was on the screen while somebody could look at it. */
function ReadMarker({ view, seenSeq, markRead }: ReadMarkerProps) {
  const attentive = useReadable(attention)
  useEffect(() => {
    if (attentive && seenSeq > view.readSeq) markRead(seenSeq)
  })
  return null
}
