/** The face of an offer: the coupon, how many are left, until when, and the one thing to do next. */
import {
  ActionButton,
  CardFrame,
  CardLink,
  Countdown,
  MemberName,
  useOpen,
  useQun,
  useServerNow,
  useText,
} from '@qun/ui'
import { lazy, Suspense, useState } from 'react'
import { dayKeyOf } from '../rules.ts'
import type { OfferFace } from './face.ts'
import { dateText, placeOf, useHeld, whenText, type Held } from './held.ts'
import { CouponIcon } from './icon.tsx'
import { couponTexts, leftText, limitText, untilText, validText } from './texts.ts'
import { Ticket } from './ticket.tsx'
import { WalletSheet } from './wallet-sheet.tsx'

type Terms = NonNullable<OfferFace['body']['terms']>
export type Phase = 'waiting' | 'on' | 'paused' | 'sold-out' | 'day-over' | 'ended'

/** Loaded when somebody first reads the terms. */
const DetailsSheet = lazy(async () => ({ default: (await import('./details-sheet.tsx')).DetailsSheet }))

function phaseOf({ state }: OfferFace, terms: Terms, now: number): Phase {
  if (state.status === 'ended' || now >= state.claimUntil) return 'ended'
  if (state.left === 0) return 'sold-out'
  if (state.status !== 'active') return 'paused'
  if (now < terms.claim.from) return 'waiting'
  const { day, perDay } = state
  return perDay !== null && day?.left === 0 && day.key >= dayKeyOf(now, terms.timeZone) ? 'day-over' : 'on'
}

export function CouponCard(props: OfferFace) {
  const { body, mine, message, group, state } = props
  const { locale } = useQun()
  const text = useText()
  const now = useServerNow()
  const details = useOpen()
  // Once loaded it stays, so that it is seen to go down.
  const [wanted, setWanted] = useState(false)
  const wallet = useOpen()
  const held = useHeld()
  const showDetails = () => {
    setWanted(true)
    details.show()
  }
  const { terms } = body
  if (terms === undefined) return null
  const phase = phaseOf(props, terms, now)
  const own = mine?.coupons ?? []
  const latest = own.at(-1)
  const open = held.findLast(({ coupon: one }) => own.some(({ couponId }) => couponId === one.couponId))
  const mayClaim = phase === 'on' && own.length < terms.perUser
  const starter = group.get().members.get(message.senderId)
  const isOver = phase === 'ended' || phase === 'sold-out'
  const valid =
    latest === undefined
      ? text(validText(terms, (at) => dateText(at, locale)))
      : text(untilText(whenText(open?.coupon.validUntil ?? latest.validUntil, locale)))
  const stamp = latest === undefined ? undefined : text(open === undefined ? couponTexts.over : couponTexts.claimed)
  return (
    <CardFrame
      icon={<CouponIcon size={18} />}
      kind={text(couponTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      title={body.title}
      tone={latest !== undefined ? 'mine' : isOver ? 'ended' : 'open'}
      foot={<Foot {...props} terms={terms} phase={phase} />}
      {...((latest === undefined || open !== undefined || mayClaim) && {
        action: <Action {...props} {...{ terms, phase, open, mayClaim }} showWallet={wallet.show} />,
      })}
    >
      <Ticket
        terms={terms}
        valid={valid}
        stamp={stamp}
        tone={(isOver && latest === undefined) || (latest !== undefined && open === undefined) ? 'faded' : 'ready'}
      />
      <StockBar left={state.left} total={state.total} />
      <p className="qun-coupon__about">
        <span className="qun-coupon__tag">{text(couponTexts.membersOnly)}</span>
        <span>{text(limitText(terms.perUser))}</span>
        <CardLink onClick={showDetails}>{text(couponTexts.details)}</CardLink>
      </p>
      {wanted && (
        <Suspense fallback={null}>
          <DetailsSheet {...props} terms={terms} open={details.open} onClose={details.hide} />
        </Suspense>
      )}
      <WalletSheet open={wallet.open} onClose={wallet.hide} couponId={open?.coupon.couponId} />
    </CardFrame>
  )
}

function StockBar({ left, total }: { readonly left: number; readonly total: number }) {
  const text = useText()
  return (
    <div
      className="qun-coupon__bar"
      role="meter"
      aria-label={text(leftText(left))}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={left}
    >
      <span style={{ inlineSize: `${(100 * left) / Math.max(1, total)}%` }} />
    </div>
  )
}

interface PartProps extends OfferFace {
  readonly terms: Terms
  readonly phase: Phase
}
function Foot({ terms, phase, state }: PartProps) {
  const text = useText()
  return (
    <>
      <span>{text(leftText(state.left))}</span>
      {phase === 'waiting' ? (
        <span>
          {text(couponTexts.starts)} <Countdown until={terms.claim.from} />
        </span>
      ) : phase === 'ended' ? (
        <span>{text(couponTexts.ended)}</span>
      ) : (
        <Countdown until={state.claimUntil} />
      )}
    </>
  )
}

const waits = {
  on: couponTexts.claim,
  waiting: couponTexts.claim,
  paused: couponTexts.paused,
  'sold-out': couponTexts.soldOut,
  'day-over': couponTexts.daySoldOut,
  ended: couponTexts.ended,
} as const
interface ActionProps extends PartProps {
  readonly open: Held | undefined
  readonly mayClaim: boolean
  readonly showWallet: () => void
}
function Action({ phase, mine, act, open, mayClaim, showWallet }: ActionProps) {
  const text = useText()
  if (open !== undefined) {
    const place = placeOf(open.coupon)
    return (
      <div className="qun-coupon__actions">
        {mayClaim && (
          <ActionButton tone="quiet" onClick={() => act('claim', {})}>
            {text(couponTexts.claimMore)}
          </ActionButton>
        )}
        {place !== undefined && open.state !== 'locked' && (
          <a className="qun-button qun-button--accent" href={place} target="_blank" rel="noopener noreferrer">
            <span className="qun-button__label">{text(couponTexts.useIt)}</span>
          </a>
        )}
        <ActionButton tone={place === undefined ? 'accent' : 'quiet'} onClick={showWallet}>
          {text(couponTexts.see)}
        </ActionButton>
      </div>
    )
  }
  if (mayClaim)
    return (
      <ActionButton wide onClick={() => act('claim', {})}>
        {text(mine !== undefined ? couponTexts.claimMore : couponTexts.claim)}
      </ActionButton>
    )
  return (
    <ActionButton wide disabled onClick={() => undefined}>
      {text(waits[phase])}
    </ActionButton>
  )
}
