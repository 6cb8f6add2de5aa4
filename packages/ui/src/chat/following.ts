/** Staying at the end of the messages while they, the composer or the window change size. Knows no lines. */
import { useEffect, useEffectEvent, useRef, useState, type RefObject } from 'react'

/** Closer than this to the end counts as being there. */
const bottomSlackPx = 60

/** Lengths along the scrolled axis. */
export interface ScrollBox {
  readonly offset: number
  readonly scrollSize: number
  readonly viewportSize: number
}
/** Whether the end is followed after a scroll. Only going up ends it: growing content moves the end, not the reader. */
export function isFollowing(was: boolean, offsetBefore: number, { offset, scrollSize, viewportSize }: ScrollBox) {
  if (scrollSize - offset - viewportSize < bottomSlackPx) return true
  return was && offset >= offsetBefore - 1
}
/** Where to scroll to so that the end shows; undefined when it does, and while nothing is shown at all. */
export function endOffset({ offset, scrollSize, viewportSize }: ScrollBox): number | undefined {
  const end = scrollSize - viewportSize
  // Scroll positions may be fractions of a pixel short of the end for ever.
  return viewportSize > 0 && end - offset > 1 ? end : undefined
}

/** Whether the end is kept in sight; the ref is for scroll handlers, which run between drawings. */
export function useFollowing(first: boolean) {
  const now = useRef(first)
  const [state, setState] = useState(first)
  const set = (next: boolean) => {
    now.current = next
    setState(next)
  }
  return { now, state, set }
}
/**
 * Goes to the end after each change of size of the scroller or its content while `isWanted` says so. It waits until the
 * browser has laid the change out: before that a scroll to the end stops at the old end.
 */
export function useFollowedEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  isWanted: () => boolean,
): void {
  const follow = useEffectEvent((outer: HTMLElement) => {
    if (!isWanted()) return
    const { scrollTop, scrollHeight, clientHeight } = outer
    const end = endOffset({ offset: scrollTop, scrollSize: scrollHeight, viewportSize: clientHeight })
    if (end !== undefined) outer.scrollTo({ top: end, behavior: 'instant' })
  })
  useEffect(() => {
    const [outer, inner] = [scroller.current, content.current]
    if (!outer || !inner) return
    const observer = new ResizeObserver(() => follow(outer))
    observer.observe(outer)
    observer.observe(inner)
    return () => observer.disconnect()
  }, [scroller, content])
}
