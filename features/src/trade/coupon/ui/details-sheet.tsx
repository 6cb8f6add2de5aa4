/** All that an offer says of its coupon; and for those who run the group, pausing and ending it. */
import { ActionButton, Dialog, Fact, Facts, Sheet, useOpen, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import type { Terms } from '../contract.ts'
import type { OfferFace } from './face.ts'
import { dateText, whenText } from './held.ts'
import {
  audienceTexts,
  couponTexts,
  dayText,
  limitText,
  scopeText,
  thresholdText,
  validText,
  worthText,
} from './texts.ts'

export interface DetailsProps extends OfferFace {
  readonly terms: Terms
  readonly open: boolean
  readonly onClose: () => void
}
export function DetailsSheet(props: DetailsProps) {
  const { terms, state, body, viewer, open, onClose } = props
  const { locale } = useQun()
  const text = useText()
  const [isReady, setReady] = useState(false)
  // Opened after the first commit, so that the sheet is seen to rise from below.
  useEffect(() => setReady(true), [])
  const mayManage = viewer.role !== 'member' && body.stockId === undefined && state.status !== 'ended'
  const perDay = state.perDay === null ? [] : [dayText(state.perDay)]
  const limits = [limitText(terms.perUser), ...perDay, ...audienceTexts(terms.audience ?? {})]
  const refunds = {
    return: couponTexts.refundReturn,
    extend: couponTexts.refundExtend,
    void: couponTexts.refundVoid,
  }
  return (
    <Sheet
      open={open && isReady}
      onClose={onClose}
      title={couponTexts.details}
      {...(mayManage && { foot: <Manage {...props} /> })}
    >
      <Facts>
        <Fact name={text(couponTexts.worth)}>
          {text(worthText(terms))} · {text(thresholdText(terms))}
        </Fact>
        <Fact name={text(couponTexts.scope)}>{text(scopeText(terms))}</Fact>
        <Fact name={text(couponTexts.validity)}>{text(validText(terms, (at) => dateText(at, locale)))}</Fact>
        <Fact name={text(couponTexts.window)}>
          {whenText(terms.claim.from, locale)} – {whenText(state.claimUntil, locale)}
        </Fact>
        <Fact name={text(couponTexts.limits)}>{limits.map(text).join(' · ')}</Fact>
        <Fact name={text(couponTexts.refund)}>{text(refunds[terms.refund ?? 'return'])}</Fact>
        <Fact name={text(couponTexts.note)}>{terms.note}</Fact>
      </Facts>
    </Sheet>
  )
}
function Manage({ state, act, onClose }: DetailsProps) {
  const text = useText()
  const ending = useOpen()
  const isPaused = state.status === 'paused'
  return (
    <div className="qun-coupon__actions">
      <ActionButton tone="quiet" onClick={() => act('manage', { status: isPaused ? 'active' : 'paused' })}>
        {text(isPaused ? couponTexts.resume : couponTexts.pause)}
      </ActionButton>
      <ActionButton tone="danger" onClick={ending.show}>
        {text(couponTexts.end)}
      </ActionButton>
      <Dialog
        open={ending.open}
        onClose={ending.hide}
        title={couponTexts.endAsk}
        confirm={couponTexts.end}
        danger
        onConfirm={async () => {
          await act('manage', { status: 'ended' })
          onClose()
        }}
      >
        {text(couponTexts.endSays)}
      </Dialog>
    </div>
  )
}
