/** A finger drawing a row aside to answer it. Knows no message; it tells when the row was drawn far enough. */
import { useRef } from 'react'
import type { PointerEvent as ReactPointerEvent } from 'react'
import { buzz, isWithin } from './hooks.tsx'

/** Before this a finger may still mean a tap, a long press or a scroll. */
const startPx = 14
/** Drawn this far, the row answers when it is let go. */
export const swipeFarPx = 56
/** The row does not follow further. */
const swipeMaxPx = 76

interface Swipe {
  readonly pointerId: number
  readonly x: number
  readonly y: number
  readonly row: HTMLElement
  drawn: boolean
  far: boolean
}
/**
 * Handlers for a row. Towards the side where lines begin only: the other way is the platform's gesture for going
 * back. The row is moved by a custom property without drawing it again. Undefined `run` means no swiping.
 */
export function useSwipe(run: (() => void) | undefined) {
  const swipe = useRef<Swipe>(undefined)
  const end = () => {
    const row = swipe.current?.row
    row?.removeAttribute('data-swipe')
    row?.style.removeProperty('--qun-swipe')
    swipe.current = undefined
  }
  if (!run) return {}
  return {
    onPointerDown: (down: ReactPointerEvent<HTMLElement>) => {
      if (down.pointerType === 'mouse' || !down.isPrimary || !isWithin(down) || isSlider(down.target)) return
      const { pointerId, clientX: x, clientY: y, currentTarget: row } = down
      swipe.current = { pointerId, x, y, row, drawn: false, far: false }
    },
    onPointerMove: (move: ReactPointerEvent<HTMLElement>) => {
      const at = swipe.current
      if (!at || move.pointerId !== at.pointerId) return
      const back = getComputedStyle(at.row).direction === 'rtl' ? -1 : 1
      const alongPx = (at.x - move.clientX) * back
      const acrossPx = Math.abs(move.clientY - at.y)
      if (!at.drawn) {
        if (Math.hypot(alongPx, acrossPx) < startPx) return
        if (alongPx < acrossPx * 1.5) return end()
        at.drawn = true
        at.row.setPointerCapture?.(at.pointerId)
      }
      const shownPx = Math.min(swipeMaxPx, Math.max(0, alongPx - startPx))
      const far = shownPx >= swipeFarPx
      if (far && !at.far) buzz()
      at.far = far
      at.row.style.setProperty('--qun-swipe', `${-shownPx * back}px`)
      at.row.setAttribute('data-swipe', far ? 'far' : 'near')
    },
    onPointerUp: () => {
      const far = swipe.current?.far
      end()
      if (far) run()
    },
    onPointerCancel: end,
  }
}
const isSlider = (target: EventTarget) => target instanceof Element && target.closest('input, textarea') !== null
