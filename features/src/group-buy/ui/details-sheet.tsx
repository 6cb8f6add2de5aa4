/** How it works, in five lines; and for those who run the group the way to cancel it. */
import { ActionButton, Dialog, Sheet, useOpen, useServerNow, useText } from '@qun/ui'
import { useState } from 'react'
import type { BuyFace } from './card.tsx'
import { buyTexts } from './texts.ts'

type Props = BuyFace & { readonly open: boolean; readonly onClose: () => void }
export function DetailsSheet(props: Props) {
  const { body, state, viewer, open, onClose } = props
  const text = useText()
  const now = useServerNow()
  const cancelling = useOpen()
  const mayCancel = state.phase === 'on' && now < body.endsAt && viewer.role !== 'member'
  const late = body.late === 'refund' ? buyTexts.howLateRefund : buyTexts.howLateTeam
  return (
    <>
      <Sheet
        open={open}
        onClose={onClose}
        title={buyTexts.details}
        {...(mayCancel && {
          foot: (
            <ActionButton wide tone="danger" onClick={cancelling.show}>
              {text(buyTexts.cancelOffer)}
            </ActionButton>
          ),
        })}
      >
        <ol className="qun-buy__how">
          {[buyTexts.howStart, buyTexts.howDone, buyTexts.howFail, late, buyTexts.howLeave].map((line) => (
            <li key={line.en}>{text(line)}</li>
          ))}
        </ol>
      </Sheet>
      <CancelDialog {...props} open={cancelling.open} onClose={cancelling.hide} />
    </>
  )
}
function CancelDialog({ act, open, onClose }: Props) {
  const text = useText()
  const [reason, setReason] = useState('')
  const [asked, setAsked] = useState(false)
  const missing = asked && reason.trim() === ''
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={buyTexts.cancelAsk}
      confirm={buyTexts.cancelOffer}
      danger
      onConfirm={async () => {
        setAsked(true)
        if (reason.trim() === '')
          throw Object.assign(new Error('no reason'), { problem: { title: buyTexts.cancelNeedsReason } })
        await act('cancel', { reason: reason.trim() })
      }}
    >
      <label className="qun-formfield">
        <span className="qun-formfield__label">{text(buyTexts.cancelReason)}</span>
        <input
          className="qun-input"
          value={reason}
          maxLength={120}
          aria-invalid={missing || undefined}
          onChange={(change) => setReason(change.target.value)}
        />
      </label>
    </Dialog>
  )
}
