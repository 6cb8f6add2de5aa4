/** A button that asks the server: it waits, cannot be pressed twice, and shows the refusal. */
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { problemText } from './problem.ts'
import { useQun } from '../qun-context.ts'

export interface ActionButtonProps {
  /** Rejections are shown as a toast with the refusal's title. */
  readonly onClick: () => unknown
  readonly tone?: 'accent' | 'quiet' | 'danger' | 'packet'
  readonly disabled?: boolean
  /** Fills the width of the card or sheet. */
  readonly wide?: boolean
  readonly label?: string
  readonly children: ReactNode
}
export function ActionButton({
  onClick,
  tone = 'accent',
  disabled = false,
  wide = false,
  label,
  children,
}: ActionButtonProps) {
  const { toast } = useQun()
  const [pending, setPending] = useState(false)
  const living = useRef(true)
  useEffect(() => {
    living.current = true
    return () => {
      living.current = false
    }
  }, [])
  const press = async () => {
    // Not `disabled`: that would throw the focus away in the middle of the work.
    if (pending) return
    setPending(true)
    try {
      await onClick()
    } catch (error) {
      toast(problemText(error), 'danger')
    } finally {
      if (living.current) setPending(false)
    }
  }
  return (
    <button
      type="button"
      className={`qun-button qun-button--${tone}${wide ? ' qun-button--wide' : ''}`}
      disabled={disabled}
      aria-busy={pending || undefined}
      aria-label={label}
      onClick={() => void press()}
    >
      {pending && <span className="qun-spinner" aria-hidden="true" />}
      <span className="qun-button__label">{children}</span>
    </button>
  )
}
