/** Whether somebody can be looking at the page. Knows nothing of messages. */
import type { Readable } from '@qun/sdk'

/**
 * True while the page is visible and has the focus. On touch devices focus says nothing, because a page there is
 * alone on the screen.
 */
export const attention: Readable<boolean> = {
  get: () =>
    document.visibilityState === 'visible' && (document.hasFocus() || window.matchMedia('(pointer: coarse)').matches),
  subscribe(listener) {
    document.addEventListener('visibilitychange', listener)
    window.addEventListener('focus', listener)
    window.addEventListener('blur', listener)
    return () => {
      document.removeEventListener('visibilitychange', listener)
      window.removeEventListener('focus', listener)
      window.removeEventListener('blur', listener)
    }
  },
}
