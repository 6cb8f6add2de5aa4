/** Keeps the kit above a keyboard that lies over the page instead of making it smaller, as on iOS. */
import { useEffect } from 'react'
import type { RefObject } from 'react'

export interface Sight {
  /** The lower end of the kit's box within the window, px. */
  readonly bottomPx: number
  /** The part of the window that the keyboard leaves. */
  readonly heightPx: number
  readonly offsetTopPx: number
  /** Zoomed pages are left alone: there the visible part is small for another reason. */
  readonly scale: number
  /** The box is all there is on the page, so that the page need not be shifted. */
  readonly alone: boolean
}
/** Less than this is a browser's bar, not a keyboard. */
const keyboardMinPx = 80

/** How much of the box the keyboard covers, px. */
export function keyboardOver({ bottomPx, heightPx, offsetTopPx, scale, alone }: Sight): number {
  if (scale > 1.05) return 0
  const coveredPx = bottomPx - heightPx - (alone ? 0 : offsetTopPx)
  return coveredPx < keyboardMinPx ? 0 : Math.round(coveredPx)
}
/** Sets `--qun-keyboard` and `data-keyboard` on the box while a keyboard covers it. */
export function useKeyboard(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const sight = window.visualViewport
    if (!sight) return
    const fit = () => {
      const box = root.current
      if (!box) return
      const { bottom, height } = box.getBoundingClientRect()
      const page = document.documentElement
      const alone = height >= window.innerHeight - 1 && page.scrollHeight <= window.innerHeight + 1
      const { height: heightPx, offsetTop: offsetTopPx, scale } = sight
      const typing = box.contains(document.activeElement)
      const overPx = typing ? keyboardOver({ bottomPx: bottom, heightPx, offsetTopPx, scale, alone }) : 0
      box.toggleAttribute('data-keyboard', overPx > 0)
      box.style.setProperty('--qun-keyboard', `${overPx}px`)
      // The platform shifted the page to show the field, which now is in sight anyway.
      if (overPx > 0 && alone && offsetTopPx > 0) window.scrollTo(0, 0)
    }
    sight.addEventListener('resize', fit)
    sight.addEventListener('scroll', fit)
    return () => {
      sight.removeEventListener('resize', fit)
      sight.removeEventListener('scroll', fit)
    }
  }, [root])
}
