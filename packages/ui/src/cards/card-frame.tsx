/** The one anatomy of every live card, and the small parts cards share. Knows no kind. */
import { useContext, type ReactNode } from 'react'
import { useDrawnAt, useServerNow } from '../parts/hooks.tsx'
import { SpokenContext, StarterContext, useQun, useWords } from '../qun-context.ts'
import { instantText, leftText, listTimeText } from '../parts/time-text.ts'

export interface CardFrameProps {
  readonly icon?: ReactNode
  /** What it is: 抽奖. */
  readonly kind: ReactNode
  readonly title?: ReactNode
  /** Who started it, by name. */
  readonly starter?: ReactNode
  readonly children?: ReactNode
  /** Counts, time left, state. */
  readonly foot?: ReactNode
  /** The one action. */
  readonly action?: ReactNode
  /** `mine`: the viewer is in it. `ended` and `cancelled` step back. `packet` is for red packets alone. */
  readonly tone?: 'open' | 'mine' | 'ended' | 'cancelled' | 'packet'
}
/** `false`, `null` and nothing draw nothing, and leave no room either. */
const isDrawn = (part: ReactNode) => part !== undefined && part !== null && part !== false

/** kind line · title · content · foot · one action */
export function CardFrame({ icon, kind, title, starter, children, foot, action, tone = 'open' }: CardFrameProps) {
  const as = useContext(SpokenContext)
  return (
    <article className={`qun-card qun-card--${tone}`}>
      <header className="qun-card__kind">
        {icon !== undefined && <span className="qun-card__icon">{icon}</span>}
        <span className="qun-card__kindname">{kind}</span>
        {starter !== undefined && (
          <span className="qun-card__starter">
            <StarterContext value={as}>{starter}</StarterContext>
          </span>
        )}
      </header>
      {title !== undefined && <h2 className="qun-card__title">{title}</h2>}
      {children !== undefined && <div className="qun-card__content">{children}</div>}
      {isDrawn(foot) && <div className="qun-card__foot">{foot}</div>}
      {isDrawn(action) && <div className="qun-card__action">{action}</div>}
    </article>
  )
}
/** A line of a card that explains: who won, why it ended. */
export function CardNote({
  icon,
  tone = 'plain',
  children,
}: {
  readonly icon?: ReactNode
  readonly tone?: 'plain' | 'ok' | 'warn' | 'danger'
  readonly children: ReactNode
}) {
  return (
    <p className={`qun-cardnote qun-cardnote--${tone}`}>
      {icon}
      <span>{children}</span>
    </p>
  )
}
/** Time left by the server's clock. `until` is epoch ms. */
export function Countdown({ until, over }: { readonly until: number; readonly over?: ReactNode }) {
  const now = useServerNow()
  const { locale } = useQun()
  const words = useWords()
  if (now >= until) return <span className="qun-countdown">{over ?? words('countdown.over')}</span>
  return (
    // A clock that is read out every second would silence everything else.
    <time className="qun-countdown" dateTime={`PT${Math.ceil((until - now) / 1_000)}S`} aria-live="off">
      {words('countdown.left', { time: leftText(until - now, locale) })}
    </time>
  )
}
/** An amount in fen, as ¥12.50. */
export function Money({ fen }: { readonly fen: number }) {
  return <span className="qun-money">{moneyText(fen)}</span>
}
/** ¥1,234.50 from integer fen. */
export function moneyText(fen: number): string {
  const sign = fen < 0 ? '−' : ''
  const whole = Math.trunc(Math.abs(fen) / 100).toString()
  const cents = String(Math.abs(fen) % 100).padStart(2, '0')
  return `${sign}¥${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`
}
/** An instant for the reader: in a list short, elsewhere with its clock. */
export function TimeText({ at, short = false }: { readonly at: number; readonly short?: boolean }) {
  const { locale } = useQun()
  const reader = { now: useDrawnAt(), locale }
  return (
    <time className="qun-time" dateTime={new Date(at).toISOString()}>
      {short ? listTimeText(at, reader) : instantText(at, reader)}
    </time>
  )
}
