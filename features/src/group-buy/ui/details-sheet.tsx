/** How it works, in five lines; and for those who run the group the way to cancel it. */
import { ActionButton, ReasonDialog, Sheet, useOpen, useServerNow, useText } from '@qun/ui'
import type { BuyFace } from './card.tsx'
import { buyTexts } from './texts.ts'

type Props = BuyFace & { readonly open: boolean; readonly onClose: () => void }
export function DetailsSheet(props: Props) {
  const { body, state, viewer, act, open, onClose } = props
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
      <ReasonDialog
        open={cancelling.open}
        onClose={cancelling.hide}
        title={buyTexts.cancelAsk}
        confirm={buyTexts.cancelOffer}
        label={buyTexts.cancelReason}
        missing={buyTexts.cancelNeedsReason}
        onConfirm={(reason) => act('cancel', { reason })}
      />
    </>
  )
}
