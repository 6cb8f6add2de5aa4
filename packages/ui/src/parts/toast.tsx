/** Short notices that come and go by themselves. Knows nothing of what they are about. */
import { textIn, type Locale, type Text } from '@qun/contract'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { ToastTone } from '../qun-context.ts'

export interface ToastNote {
  readonly id: number
  readonly text: Text
  readonly tone: ToastTone
}
/** Long enough to read one line twice. */
const shownMs = 2_600

export function useToastQueue() {
  const [toasts, setToasts] = useState<readonly ToastNote[]>([])
  const next = useRef(1)
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>())
  useEffect(() => {
    const running = timers.current
    return () => running.forEach(clearTimeout)
  }, [])
  const toast = useCallback((text: Text, tone: ToastTone = 'plain') => {
    const id = next.current++
    // At most two at a time: more would cover the conversation.
    setToasts((list) => [...list.slice(-1), { id, text, tone }])
    const timer = setTimeout(() => {
      timers.current.delete(timer)
      setToasts((list) => list.filter((one) => one.id !== id))
    }, shownMs)
    timers.current.add(timer)
  }, [])
  return { toasts, toast }
}

export function ToastArea({ toasts, locale }: { readonly toasts: readonly ToastNote[]; readonly locale: Locale }) {
  return (
    <div className="qun-toasts" role="status" aria-live="polite">
      {toasts.map((one) => (
        <Toast key={one.id} tone={one.tone}>
          {textIn(one.text, locale)}
        </Toast>
      ))}
    </div>
  )
}
/** One notice. Use `useQun().toast(text)` to show one. */
export function Toast({ tone = 'plain', children }: { readonly tone?: ToastTone; readonly children: string }) {
  return <div className={`qun-toast qun-toast--${tone}`}>{children}</div>
}
