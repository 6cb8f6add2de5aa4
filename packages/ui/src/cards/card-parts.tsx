/** Small parts that several plays put into their cards and sheets: links to more, a stepper, facts. Knows no play. */
import { useState, type ReactNode } from 'react'
import { useWords } from '../qun-context.ts'

/** A quiet way from a card to more of it. Several stand side by side in `CardLinks`. */
export function CardLink({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button type="button" className="qun-cardlink" onClick={onClick}>
      {children}
    </button>
  )
}
export function CardLinks({ children }: { readonly children: ReactNode }) {
  return <div className="qun-cardlinks">{children}</div>
}

export interface StepperProps {
  readonly value: number
  readonly max: number
  readonly onChange: (value: number) => void
}
/** How many, from 1, without a keyboard. */
export function Stepper({ value, max, onChange }: StepperProps) {
  const words = useWords()
  return (
    <div className="qun-stepper" role="group" aria-label={words('stepper.name')}>
      <button
        type="button"
        aria-label={words('stepper.fewer')}
        disabled={value <= 1}
        onClick={() => onChange(value - 1)}
      >
        −
      </button>
      <output aria-live="polite">{value}</output>
      <button
        type="button"
        aria-label={words('stepper.more')}
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
      >
        +
      </button>
    </div>
  )
}

/** What is offered, as its seller shows it; decorative, and gone where it cannot be loaded. */
export function CardPicture({ src, className }: { readonly src: string | undefined; readonly className: string }) {
  const [broken, setBroken] = useState<string>()
  if (src === undefined || src === broken) return null
  return <img className={className} src={src} alt="" loading="lazy" onError={() => setBroken(src)} />
}

/** Names and what they stand for, below each other. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className="qun-facts">{children}</dl>
}
/** One of them; draws nothing when there is nothing to say. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === undefined || children === '') return null
  return (
    <div className="qun-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
