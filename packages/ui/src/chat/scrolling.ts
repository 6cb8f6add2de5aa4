/**
 * Where the reader stands in the messages, and how that is kept: following at the end, still while reading, older
 * pages put before without a shift, jumps. Knows lines only by their positions.
 */
import type { GroupHandle, GroupView } from '@qun/sdk'
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { VirtualizerHandle } from 'virtua'
import { useChat } from '../chat-context.tsx'
import { isFollowing, useFollowedEnd, useFollowing } from './following.ts'
import { useQun } from '../qun-context.ts'
import { texts } from '../texts.ts'
import { firstSeqOf, isPrepended, lastSeqOf, lineIndexOf, type Line } from './timeline.ts'
import type { Seen } from './unread.ts'

/** Older messages are asked for before the reader reaches the top. */
const olderMarginPx = 600
const highlightMs = 1_600
/** By then the first rows are measured and the opening scroll stands. */
const openingMs = 240
/** Space above the first and below the last line. */
export const padPx = 12

export interface ScrollingInput {
  readonly lines: readonly Line[]
  readonly view: GroupView
  /** The first unread position when the list opens at it. */
  readonly markSeq: number | undefined
}
export function useScrolling({ lines, view, markSeq }: ScrollingInput) {
  const { group } = useChat()
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const virtual = useRef<VirtualizerHandle>(null)
  const older = useOlder(group, view)
  const follow = useFollowing(markSeq === undefined)
  const sight = useSight(virtual, lines, markSeq)
  const place = useRef({ offset: 0, opened: false, settled: false })

  const scrolled = (offset: number) => {
    const handle = virtual.current
    // While the opening scroll finds its place by measuring rows, its stops on the way mean nothing.
    if (!handle || !place.current.settled) return
    sight.look()
    const { scrollSize, viewportSize } = handle
    follow.set(isFollowing(follow.now.current, place.current.offset, { offset, scrollSize, viewportSize }))
    place.current.offset = offset
    if (offset < olderMarginPx) void older.load()
  }
  const settle = () => {
    if (place.current.settled || !place.current.opened) return
    place.current.settled = true
    scrolled(virtual.current?.scrollOffset ?? 0)
  }
  const resized = () => {
    const handle = virtual.current
    if (handle && handle.viewportSize > 0 && handle.scrollSize <= handle.viewportSize) follow.set(true)
    if (place.current.settled) sight.look()
  }
  useFollowedEnd(scroller, content, () => follow.now.current && place.current.opened)
  const linesChanged = useEffectEvent((sentMore: boolean) => {
    if (lines.length === 0) return
    if (!place.current.opened) {
      place.current.opened = true
      return scrollToOpening(virtual.current, lines)
    }
    // One's own words are always followed.
    if (sentMore) follow.set(true)
    if (follow.now.current) scrollToEnd(virtual.current, lines.length)
    if (place.current.settled) sight.look()
  })
  const shift = useLineChanges(lines, view, linesChanged)
  useLater(settle)
  const jumps = useJumps({ virtual, lines, loadUntil: older.loadUntil, stay: () => follow.set(false) })
  return {
    scroller,
    content,
    virtual,
    shift,
    following: follow.state,
    seen: sight.seen,
    reached: sight.reached,
    loading: older.loading,
    highlightedSeq: jumps.highlightedSeq,
    scrolled,
    resized,
    settle,
    jump: (seq: number) => void jumps.show(seq, 'center'),
    toUnread: (seq: number) => {
      sight.reach()
      void jumps.show(markSeq ?? seq, 'start')
    },
    toBottom: () => {
      follow.set(true)
      scrollToEnd(virtual.current, lines.length)
    },
  }
}
function scrollToEnd(handle: VirtualizerHandle | null, lineCount: number): void {
  handle?.scrollToIndex(lineCount - 1, { align: 'end', offset: padPx })
}

/** To the mark before the first unread line, else to the end. */
function scrollToOpening(handle: VirtualizerHandle | null, lines: readonly Line[]): void {
  const mark = lines.findIndex((line) => line.type === 'unread')
  if (mark >= 0) handle?.scrollToIndex(mark, { align: 'start', offset: -padPx })
  else scrollToEnd(handle, lines.length)
}
/** A list that fits the screen never scrolls, so nothing else would end its opening. */
function useLater(settle: () => void): void {
  const settleLater = useEffectEvent(settle)
  useEffect(() => {
    const timer = setTimeout(() => settleLater(), openingMs)
    return () => clearTimeout(timer)
  }, [])
}
/** Tells of changed lines before they are painted; true while lines were put before the first. */
function useLineChanges(lines: readonly Line[], view: GroupView, changed: (sentMore: boolean) => void): boolean {
  const firstSeq = view.messages[0]?.seq
  const pendingCount = view.pending.length + lines.filter((line) => line.type === 'upload').length
  const before = useRef({ firstSeq, pendingCount })
  const shift = isPrepended(before.current.firstSeq, firstSeq)
  useLayoutEffect(() => {
    const sentMore = pendingCount > before.current.pendingCount
    before.current = { firstSeq, pendingCount }
    changed(sentMore)
    // The event always sees the latest values; only other lines are news.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [lines])
  return shift
}
/** What is and was on the screen. */
function useSight(virtual: { readonly current: VirtualizerHandle | null }, lines: readonly Line[], markSeq?: number) {
  const [seen, setSeen] = useState<Seen>({ topSeq: 0, seenSeq: 0 })
  const [reached, setReached] = useState(false)
  const look = () => {
    const handle = virtual.current
    if (!handle || lines.length === 0 || handle.viewportSize === 0) return
    const from = handle.findItemIndex(handle.scrollOffset)
    const to = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - padPx * 2)
    const top = lines
      .slice(from)
      .map(firstSeqOf)
      .find((seq) => seq !== undefined)
    const bottom = lines
      .slice(0, to + 1)
      .map(lastSeqOf)
      .findLast((seq) => seq !== undefined)
    if (top !== undefined && markSeq !== undefined && top <= markSeq) setReached(true)
    setSeen((old) => {
      const seenSeq = Math.max(old.seenSeq, bottom ?? 0)
      return old.topSeq === top && old.seenSeq === seenSeq ? old : { topSeq: top ?? old.topSeq, seenSeq }
    })
  }
  return { seen, reached, reach: () => setReached(true), look }
}
function useOlder(group: GroupHandle, view: GroupView) {
  const [loading, setLoading] = useState(false)
  const busy = async (work: Promise<boolean>) => {
    setLoading(true)
    // Without an answer the reader stays where they are and may scroll again.
    const found = await work.catch(() => false)
    setLoading(false)
    return found
  }
  return {
    loading,
    load: async () => {
      if (!loading && !view.atStart && view.ready) await busy(group.loadOlder())
    },
    loadUntil: (seq: number) => busy(group.loadUntil(seq)),
  }
}
interface JumpsInput {
  readonly virtual: { readonly current: VirtualizerHandle | null }
  readonly lines: readonly Line[]
  readonly loadUntil: (seq: number) => Promise<boolean>
  readonly stay: () => void
}
type Align = 'center' | 'start'
/** Going to a position, which may have to be loaded first; one in the middle is lit for a moment. */
function useJumps({ virtual, lines, loadUntil, stay }: JumpsInput) {
  const { toast } = useQun()
  const [goal, setGoal] = useState<{ readonly seq: number; readonly align: Align }>()
  const [highlightedSeq, setHighlighted] = useState<number>()
  const arrive = useEffectEvent(({ seq, align }: { readonly seq: number; readonly align: Align }) => {
    const index = lineIndexOf(lines, seq)
    if (index < 0) return
    stay()
    const options = align === 'center' ? { align } : { align, offset: -padPx * 4 }
    virtual.current?.scrollToIndex(index, options)
    setGoal(undefined)
    if (align === 'center') setHighlighted(seq)
  })
  useEffect(() => {
    if (goal) arrive(goal)
  }, [goal, lines])
  useEffect(() => {
    if (highlightedSeq === undefined) return
    const timer = setTimeout(() => setHighlighted(undefined), highlightMs)
    return () => clearTimeout(timer)
  }, [highlightedSeq])
  const show = async (seq: number, align: Align) => {
    if (lineIndexOf(lines, seq) < 0) {
      const found = await loadUntil(seq)
      if (!found && align === 'center') return toast(texts['chat.notFound'])
    }
    setGoal({ seq, align })
  }
  return { highlightedSeq, show }
}
