/** All that must be told of an offer (E-22); and for those who run the group and may give, pausing and ending it. */
import {
  ActionButton,
  Dialog,
  Disclosure,
  Fact,
  Sheet,
  shopWhere,
  useOpen,
  useQun,
  useReadable,
  useText,
} from '@qun/ui'
import { useEffect, useState } from 'react'
import type { Terms } from '../contract.ts'
import { disclosedOf } from './disclosed.ts'
import type { OfferFace } from './face.ts'
import { dateText } from './held.ts'
import { couponTexts } from './texts.ts'

export interface DetailsProps extends OfferFace {
  readonly terms: Terms
  readonly open: boolean
  readonly onClose: () => void
}
export function DetailsSheet(props: DetailsProps) {
  const { terms, state, body, viewer, group, open, onClose } = props
  const { locale, client } = useQun()
  const text = useText()
  const [isReady, setReady] = useState(false)
  // Opened after the first commit, so that the sheet is seen to rise from below.
  useEffect(() => setReady(true), [])
  const merchantPath = group.get().group?.merchantPath
  const mayGive = shopWhere('issue', merchantPath, useReadable(client.records)) !== undefined
  const mayManage = viewer.role !== 'member' && mayGive && body.stockId === undefined && state.status !== 'ended'
  const date = (at: number) => dateText(at, locale)
  const told = disclosedOf({ ...body, terms }, { text, date }, state.claimUntil)
  return (
    <Sheet
      open={open && isReady}
      onClose={onClose}
      title={couponTexts.details}
      {...(mayManage && { foot: <Manage {...props} /> })}
    >
      <Disclosure of={told} more={<Fact name={text(couponTexts.note)}>{terms.note}</Fact>} />
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
