/** The face of one coupon, the same wherever it is shown: what it is worth, from how much, for what, until when. */
import { useQun, useText } from '@qun/ui'
import type { ReactNode } from 'react'
import type { Terms } from '../contract.ts'
import { kindTexts, scopeText, thresholdText, worthOf } from './texts.ts'

/** In halves of a Chinese character, as wide as a Latin one. */
const widthOf = (words: string) => words.length + (words.match(/[⺀-￦]/g)?.length ?? 0)

export interface TicketProps {
  readonly terms: Terms
  /** Above the rest; left out where a card shows it larger. */
  readonly title?: string | undefined
  readonly valid: ReactNode
  /** What became of it: 已使用. */
  readonly stamp?: string | undefined
  readonly tone?: 'ready' | 'faded'
  readonly aside?: ReactNode
}
export function Ticket({ terms, title, valid, stamp, tone = 'ready', aside }: TicketProps) {
  const { locale } = useQun()
  const text = useText()
  const { before, main, after } = worthOf(terms, locale)
  const stamped = stamp === undefined ? '' : ' qun-ticket--stamped'
  return (
    <div className={`qun-ticket qun-ticket--${tone}${stamped}`}>
      <div className="qun-ticket__worth">
        <p className={widthOf(main) > 6 ? 'qun-ticket__value qun-ticket__value--long' : 'qun-ticket__value'}>
          {before !== undefined && <small>{before}</small>}
          <strong>{main}</strong>
          {after !== undefined && <small>{after}</small>}
        </p>
        <p className="qun-ticket__from">{text(thresholdText(terms))}</p>
      </div>
      <div className="qun-ticket__rest">
        {title !== undefined && <p className="qun-ticket__title">{title}</p>}
        <p className="qun-ticket__line">
          {text(kindTexts[terms.kind])} · {text(scopeText(terms))}
        </p>
        <p className="qun-ticket__line">{valid}</p>
      </div>
      {stamp !== undefined && <span className="qun-ticket__stamp">{stamp}</span>}
      {aside}
    </div>
  )
}
