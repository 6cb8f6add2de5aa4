/** What pages and sheets are made of: sections, rows and switches. */
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { ForwardIcon } from './icons.tsx'
import { problemText } from './problem.ts'
import { useQun } from '../qun-context.ts'

/** A part of the page. It disappears with its title when its content draws nothing. */
export function PageSection({
  title,
  children,
}: {
  readonly title?: string | undefined
  readonly children: ReactNode
}) {
  return (
    <section className="qun-section">
      {title !== undefined && <h2 className="qun-section__title">{title}</h2>}
      <div className="qun-section__content">{children}</div>
    </section>
  )
}
export interface PageRowProps {
  readonly label: string
  readonly hint?: string
  readonly value?: ReactNode
  readonly onClick?: () => void
  readonly danger?: boolean
}
/** A line of the page: a label, a value, and perhaps somewhere to go. */
export function PageRow({ label, hint, value, onClick, danger = false }: PageRowProps) {
  const className = danger ? 'qun-pagerow qun-pagerow--danger' : 'qun-pagerow'
  const content = (
    <>
      <span className="qun-pagerow__label">
        {label}
        {hint !== undefined && <span className="qun-pagerow__hint">{hint}</span>}
      </span>
      {value !== undefined && <span className="qun-pagerow__value">{value}</span>}
      {onClick && !danger && <ForwardIcon size={18} />}
    </>
  )
  if (!onClick) return <div className={className}>{content}</div>
  return (
    <button type="button" className={className} onClick={onClick}>
      {content}
    </button>
  )
}
/** A switch that asks the server and shows the refusal; it moves at once and comes back when refused. */
export function PageSwitch(props: {
  readonly label: string
  readonly hint?: string
  readonly on: boolean
  readonly set: (on: boolean) => Promise<unknown>
}) {
  const { label, hint, on, set } = props
  const { toast } = useQun()
  const [wished, setWished] = useState<boolean>()
  useEffect(() => setWished(undefined), [on])
  const shown = wished ?? on
  return (
    <label className="qun-pagerow">
      <span className="qun-pagerow__label">
        {label}
        {hint !== undefined && <span className="qun-pagerow__hint">{hint}</span>}
      </span>
      <input
        className="qun-switch"
        type="checkbox"
        role="switch"
        checked={shown}
        onChange={(change) => {
          setWished(change.target.checked)
          set(change.target.checked).catch((error: unknown) => {
            setWished(undefined)
            toast(problemText(error), 'danger')
          })
        }}
      />
    </label>
  )
}
