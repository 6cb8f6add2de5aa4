/** How it works, in five lines; and for those who run the group the way to cancel it. */
import { DetailsSheet, useServerNow, useText } from '@qun/ui'
import type { BuyFace } from './face.ts'
import { buyTexts } from './texts.ts'

type Props = BuyFace & { readonly open: boolean; readonly onClose: () => void }
export function BuyDetails({ body, state, viewer, act, open, onClose }: Props) {
  const text = useText()
  const now = useServerNow()
  const mayCancel = state.phase === 'on' && now < body.endsAt && viewer.role !== 'member'
  const late = body.late === 'refund' ? buyTexts.howLateRefund : buyTexts.howLateTeam
  const cancel = {
    title: buyTexts.cancelAsk,
    confirm: buyTexts.cancelOffer,
    label: buyTexts.cancelReason,
    missing: buyTexts.cancelNeedsReason,
    onConfirm: (reason: string) => act('cancel', { reason }),
  }
  return (
    <DetailsSheet {...{ open, onClose, mayCancel, cancel }} title={buyTexts.details}>
      <ol className="qun-buy__how">
        {[buyTexts.howStart, buyTexts.howDone, buyTexts.howFail, late, buyTexts.howLeave].map((line) => (
          <li key={line.en}>{text(line)}</li>
        ))}
      </ol>
    </DetailsSheet>
  )
}
