/** One coupon with a fresh code to show at a counter; it tells at once when the code was redeemed. */
import {
  ActionButton,
  BackIcon,
  CardNote,
  Countdown,
  problemText,
  QrCode,
  useQun,
  useServerNow,
  useText,
} from '@qun/ui'
import type { Text } from '@qun/contract'
import { useCallback, useEffect, useState } from 'react'
import { showCode, type Coupon } from '../contract.ts'
import { placeOf, useHeld, whenText } from './held.ts'
import { couponTexts, untilText } from './texts.ts'
import { Ticket } from './ticket.tsx'

interface Shown {
  readonly code: string
  readonly expiresAt: number
}
export function CodeView({ coupon, onBack }: { readonly coupon: Coupon; readonly onBack: () => void }) {
  const { locale } = useQun()
  const text = useText()
  const current = useHeld().find((one) => one.coupon.couponId === coupon.couponId)
  const place = placeOf(coupon)
  const isGone = current === undefined
  return (
    <div className="qun-wallet__one">
      <button type="button" className="qun-wallet__back" onClick={onBack}>
        <BackIcon size={20} /> {text(couponTexts.back)}
      </button>
      <Ticket
        terms={coupon.terms}
        title={coupon.title}
        valid={text(untilText(whenText(current?.coupon.validUntil ?? coupon.validUntil, locale)))}
        stamp={isGone ? text(couponTexts.redeemed) : undefined}
        tone={isGone ? 'faded' : 'ready'}
      />
      {isGone ? (
        <CardNote tone="ok">{text(couponTexts.over)}</CardNote>
      ) : current.state === 'locked' ? (
        <CardNote tone="warn">{text(couponTexts.held)}</CardNote>
      ) : (
        <FreshCode couponId={coupon.couponId} />
      )}
      {coupon.terms.note !== undefined && <p className="qun-wallet__note">{coupon.terms.note}</p>}
      {place !== undefined && !isGone && (
        <a
          className="qun-button qun-button--accent qun-button--wide"
          href={place}
          target="_blank"
          rel="noopener noreferrer"
        >
          <span className="qun-button__label">{text(couponTexts.useIt)}</span>
        </a>
      )}
    </div>
  )
}
function FreshCode({ couponId }: { readonly couponId: string }) {
  const { client } = useQun()
  const text = useText()
  const now = useServerNow()
  const [shown, setShown] = useState<Shown>()
  const [problem, setProblem] = useState<Text>()
  const ask = useCallback(async () => {
    setProblem(undefined)
    try {
      setShown(await client.call(showCode, { params: { couponId }, body: {} }))
    } catch (error) {
      setProblem(problemText(error))
    }
  }, [client, couponId])
  useEffect(() => void ask(), [ask])
  if (shown === undefined)
    return problem === undefined ? (
      <span className="qun-spinner" aria-hidden="true" />
    ) : (
      <CardNote tone="warn">{text(problem)}</CardNote>
    )
  const isOver = now >= shown.expiresAt
  return (
    <div className="qun-wallet__code">
      <div className={isOver ? 'qun-wallet__qrbox qun-wallet__qrbox--over' : 'qun-wallet__qrbox'}>
        <QrCode content={shown.code} label={text(couponTexts.code)} />
      </div>
      <code className="qun-wallet__digits" aria-label={`${text(couponTexts.code)} ${shown.code}`}>
        {shown.code.replaceAll(/(\d{4})(?=\d)/g, '$1 ')}
      </code>
      <p className="qun-wallet__note">
        {isOver ? text(couponTexts.codeOver) : <Countdown until={shown.expiresAt} />} · {text(couponTexts.codeHint)}
      </p>
      <ActionButton wide tone="quiet" onClick={ask}>
        {text(couponTexts.fresh)}
      </ActionButton>
    </div>
  )
}
