/** The messages of an open group: virtual, and never moving under the reader's eyes. */
import type { GroupView, ViewMessage } from '@qun/sdk'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useChat } from './chat-context.tsx'
import { useConversation } from './hooks.tsx'
import { DownIcon, UpIcon } from './icons.tsx'
import { LineView } from './line-view.tsx'
import { MessageMenu, type MenuTarget } from './message-menu.tsx'
import { useQun, useWords } from './provider.tsx'
import { texts } from './texts.ts'
import { isPrepended, lastSeqOf, lineIndexOf, timelineOf, type Line } from './timeline.ts'
import { firstUnreadSeq, opensAtUnread, pillsOf, type Opening, type Pills, type Seen } from './unread.ts'

/** Closer than this to the end counts as being there. */
const bottomSlackPx = 60
/** Older messages are asked for before the reader reaches the top. */
const olderMarginPx = 600
const padPx = 12
const highlightMs = 1_600
/** By then the first rows are measured and the opening scroll stands. */
const openingMs = 240

/** Lets the composer's side ask the list to show a message. */
export interface ListHandle {
  jump(seq: number): void
  toBottom(): void
}
export function MessageList({ handle }: { readonly handle?: { current: ListHandle | undefined } }) {
  const { cards, viewerId } = useQun()
  const { group, view } = useChat()
  const words = useWords()
  const mentions = useConversation(view.groupId)?.mentions
  const [opening] = useState<Opening>(() => ({ readSeq: view.readSeq, unread: view.unread, mentions: mentions ?? [] }))
  const isCountable = useCallback((message: ViewMessage) => cards.get(message.kind)?.card.countable !== false, [cards])
  const markSeq = useMemo(
    () => (opensAtUnread(view.messages, opening, view.atStart) ? firstUnreadSeq(view.messages, opening, viewerId, isCountable) : undefined),
    [view.messages, view.atStart, opening, viewerId, isCountable],
  )
  const lines = useLines(view, markSeq)
  const list = useScrolling(lines, view, markSeq)
  const pills = pillsOf({
    messages: view.messages, opening, seen: list.seen, viewerId, isCountable, reachedUnread: list.reached, following: list.following,
  })
  const [menu, setMenu] = useState<MenuTarget>()
  const openMenu = useCallback((message: ViewMessage, anchor: HTMLElement) => setMenu({ message, anchor }), [])
  useLayoutEffect(() => {
    if (handle) handle.current = { jump: list.jump, toBottom: list.toBottom }
  })
  const name = view.group?.name ?? ''
  return (
    <div className="qun-messages">
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
        <Virtualizer ref={list.virtual} scrollRef={list.scroller} shift={list.shift} startMargin={padPx} onScroll={list.scrolled} onScrollEnd={list.settle} onResize={list.resized}>
          {lines.map((line) => (
            <LineView key={line.key} line={line} highlightedSeq={list.highlightedSeq} openMenu={openMenu} />
          ))}
        </Virtualizer>
        {lines.length === 0 && <p className="qun-empty">{words('chat.empty')}</p>}
        <div className="qun-messages__bottom" />
      </div>
      {list.loading && (
        <div className="qun-messages__loading" role="status">
          <span className="qun-spinner" aria-hidden="true" />
          <span className="qun-hidden">{words('chat.loadingOlder')}</span>
        </div>
      )}
      <PillArea pills={pills} following={list.following} toUnread={() => list.toUnread(opening.readSeq + 1)} jump={list.jump} toBottom={list.toBottom} />
      <MessageMenu target={menu} onClose={() => setMenu(undefined)} />
      <ReadMarker view={view} seenSeq={list.seen.seenSeq} markRead={(seq) => group.markRead(seq)} />
    </div>
  )
}

function useLines(view: GroupView, markSeq: number | undefined): Line[] {
  const { cards, viewerId } = useQun()
  return useMemo(
    () =>
      timelineOf({
        messages: view.messages,
        pending: view.pending,
        viewerId,
        firstUnreadSeq: markSeq,
        isSystem: (message) => cards.get(message.kind)?.plain === 'system',
        foldOf: (message) => (message.body === null ? undefined : cards.get(message.kind)?.fold?.(message.body)),
      }),
    [view.messages, view.pending, viewerId, markSeq, cards],
  )
}

function useScrolling(lines: readonly Line[], view: GroupView, markSeq: number | undefined) {
  const { toast } = useQun()
  const { group } = useChat()
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useRef<VirtualizerHandle>(null)
  const place = useRef({ offset: 0, firstSeq: view.messages[0]?.seq, pending: view.pending.length, opened: false, settled: false })
  const follow = useRef(markSeq === undefined)
  const [following, setFollowing] = useState(follow.current)
  const [seen, setSeen] = useState<Seen>({ topSeq: 0, seenSeq: 0 })
  const [reached, setReached] = useState(false)
  const [loading, setLoading] = useState(false)
  const [goal, setGoal] = useState<{ seq: number; align: 'center' | 'start' }>()
  const [highlightedSeq, setHighlighted] = useState<number>()
  const firstSeq = view.messages[0]?.seq
  const shift = isPrepended(place.current.firstSeq, firstSeq)

  const setFollow = (next: boolean) => {
    follow.current = next
    setFollowing(next)
  }
  const look = () => {
    const handle = virtual.current
    if (!handle || lines.length === 0 || handle.viewportSize === 0 || !place.current.settled) return
    const top = lines.slice(handle.findItemIndex(handle.scrollOffset)).map((line) => firstSeqOf(line)).find((seq) => seq !== undefined)
    const end = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - padPx * 2)
    const bottom = lines.slice(0, end + 1).map(lastSeqOf).findLast((seq) => seq !== undefined)
    if (top !== undefined && markSeq !== undefined && top <= markSeq) setReached(true)
    setSeen((old) => {
      const seenSeq = Math.max(old.seenSeq, bottom ?? 0)
      return old.topSeq === top && old.seenSeq === seenSeq ? old : { topSeq: top ?? old.topSeq, seenSeq }
    })
  }
  const loadOlder = async () => {
    if (loading || view.atStart || !view.ready) return
    setLoading(true)
    await group.loadOlder().catch(() => false)
    setLoading(false)
  }
  const scrolled = (offset: number) => {
    const handle = virtual.current
    if (!handle || !place.current.opened) return
    // While the opening scroll finds its place by measuring rows, its stops on the way mean nothing.
    if (!place.current.settled) return
    look()
    const atBottom = handle.scrollSize - offset - handle.viewportSize < bottomSlackPx
    // Only going up ends following: growing content moves the end away, not the reader.
    if (atBottom) setFollow(true)
    else if (offset < place.current.offset - 1) setFollow(false)
    place.current.offset = offset
    if (offset < olderMarginPx) void loadOlder()
  }
  const settle = () => {
    if (place.current.settled || !place.current.opened) return
    place.current.settled = true
    scrolled(virtual.current?.scrollOffset ?? 0)
  }
  const resized = () => {
    const handle = virtual.current
    if (handle && handle.viewportSize > 0 && handle.scrollSize <= handle.viewportSize) setFollow(true)
    if (follow.current && place.current.opened) scrollToEnd(handle, lines.length)
    look()
  }

  useLayoutEffect(() => {
    const before = place.current
    place.current = { ...before, firstSeq, pending: view.pending.length }
    if (lines.length === 0) return
    if (!before.opened) {
      place.current.opened = true
      const mark = lines.findIndex((line) => line.type === 'unread')
      if (mark >= 0) virtual.current?.scrollToIndex(mark, { align: 'start', offset: -padPx })
      else scrollToEnd(virtual.current, lines.length)
      return
    }
    // One's own words are always followed.
    if (view.pending.length > before.pending) setFollow(true)
    if (follow.current) scrollToEnd(virtual.current, lines.length)
  }, [lines])
  useEffect(look, [lines])
  useEffect(() => {
    // A list that fits the screen never scrolls, so nothing else would end its opening.
    const timer = setTimeout(settle, openingMs)
    return () => clearTimeout(timer)
  }, [])

  useEffect(() => {
    if (!goal) return
    const index = lineIndexOf(lines, goal.seq)
    if (index < 0) return
    setFollow(false)
    virtual.current?.scrollToIndex(index, goal.align === 'center' ? { align: 'center' } : { align: 'start', offset: -padPx * 4 })
    setGoal(undefined)
    if (goal.align === 'center') setHighlighted(goal.seq)
  }, [goal, lines])
  useEffect(() => {
    if (highlightedSeq === undefined) return
    const timer = setTimeout(() => setHighlighted(undefined), highlightMs)
    return () => clearTimeout(timer)
  }, [highlightedSeq])

  const show = async (seq: number, align: 'center' | 'start') => {
    if (lineIndexOf(lines, seq) < 0) {
      setLoading(true)
      const found = await group.loadUntil(seq).catch(() => false)
      setLoading(false)
      if (!found && align === 'center') return toast(texts['chat.notFound'])
    }
    setGoal({ seq, align })
  }
  return {
    scroller, virtual, shift, following, seen, reached, loading, highlightedSeq, scrolled, resized, settle,
    jump: (seq: number) => void show(seq, 'center'),
    toUnread: (seq: number) => {
      setReached(true)
      void show(markSeq ?? seq, 'start')
    },
    toBottom: () => {
      setFollow(true)
      scrollToEnd(virtual.current, lines.length)
    },
  }
}
function scrollToEnd(handle: VirtualizerHandle | null, lineCount: number): void {
  handle?.scrollToIndex(lineCount - 1, { align: 'end', offset: padPx })
}
function firstSeqOf(line: Line): number | undefined {
  if (line.type === 'message' || line.type === 'system') return line.message.seq
  return line.type === 'fold' ? line.messages[0]?.seq : undefined
}

interface PillAreaProps {
  readonly pills: Pills
  readonly following: boolean
  readonly toUnread: () => void
  readonly jump: (seq: number) => void
  readonly toBottom: () => void
}
function PillArea({ pills, following, toUnread, jump, toBottom }: PillAreaProps) {
  const words = useWords()
  const { mention } = pills
  return (
    <>
      <div className="qun-pills qun-pills--above">
        {pills.above && (
          <button type="button" className="qun-pill" onClick={toUnread}>
            <UpIcon size={16} />
            {words('chat.above', { n: pills.above.count })}
          </button>
        )}
        {mention && (
          <button type="button" className="qun-pill" onClick={() => jump(mention.seq)}>
            <UpIcon size={16} />
            {words('chat.mentioned')}
          </button>
        )}
      </div>
      <div className="qun-pills qun-pills--below">
        {pills.below ? (
          <button type="button" className="qun-pill" onClick={toBottom}>
            {words('chat.below', { n: pills.below.count })}
            <DownIcon size={16} />
          </button>
        ) : (
          !following && (
            <button type="button" className="qun-pill qun-pill--round" onClick={toBottom} aria-label={words('chat.toBottom')}>
              <DownIcon size={20} />
            </button>
          )
        )}
      </div>
    </>
  )
}

/** Moves the read position to what was on the screen while somebody could look at it. */
function ReadMarker({ view, seenSeq, markRead }: { readonly view: GroupView; readonly seenSeq: number; readonly markRead: (seq: number) => void }) {
  const [visible, setVisible] = useState(() => document.visibilityState === 'visible')
  useEffect(() => {
    const changed = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', changed)
    return () => document.removeEventListener('visibilitychange', changed)
  }, [])
  useEffect(() => {
    if (visible && seenSeq > view.readSeq) markRead(seenSeq)
  })
  return null
}
