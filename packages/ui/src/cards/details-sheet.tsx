/** All that is told of a card, and for those who run it the way to cancel it with a reason. Knows no play. */
import { ActionButton } from '../parts/action-button.tsx'
import type { SheetProps } from '../parts/overlay-props.ts'
import { Sheet, useOpen } from '../parts/overlay.tsx'
import { useText } from '../qun-context.ts'
import { ReasonDialog, type ReasonDialogProps } from '../parts/reason-dialog.tsx'

export interface DetailsSheetProps extends Pick<SheetProps, 'open' | 'onClose' | 'title' | 'children'> {
  readonly mayCancel: boolean
  /** The question of cancelling, whose verb the button below says. */
  readonly cancel: Omit<ReasonDialogProps, 'open' | 'onClose'>
}
export function DetailsSheet({ mayCancel, cancel, ...sheet }: DetailsSheetProps) {
  const text = useText()
  const asking = useOpen()
  const foot = mayCancel && (
    <ActionButton wide tone="danger" onClick={asking.show}>
      {text(cancel.confirm)}
    </ActionButton>
  )
  return (
    <>
      <Sheet {...sheet} {...(foot && { foot })} />
      {/* Stays when cancelling is over, so that it closes in sight. */}
      <ReasonDialog {...cancel} open={asking.open} onClose={asking.hide} />
    </>
  )
}
