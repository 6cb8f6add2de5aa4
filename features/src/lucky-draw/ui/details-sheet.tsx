/** All that was told before anyone entered: prizes, times, organiser, rules, how it is kept fair; and cancelling. */
import { ActionButton, Dialog, Money, Sheet, useOpen, useText } from '@qun/ui'
import { useState, type ReactNode } from 'react'
import type { DrawFace } from './card.tsx'
import { afterTexts, claimWithinText } from './texts-after.ts'
import { drawTexts, prizeQuantityText } from './texts.ts'

export function DetailsSheet(props: DrawFace & { readonly open: boolean; readonly onClose: () => void }) {
  const { body, state, viewer, locale, open, onClose } = props
  const text = useText()
  const cancelling = useOpen()
  const when = (at: number | undefined) =>
    at === undefined
      ? ''
      : new Intl.DateTimeFormat(locale, {
          month: 'short',
          day: 'numeric',
          weekday: 'short',
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        }).format(at)
  const mode = body.entropy?.mode ?? 'none'
  const mayCancel = state.phase === 'open' && viewer.role !== 'member'
  return (
    <>
      <Sheet
        open={open}
        onClose={onClose}
        title={drawTexts.details}
        {...(mayCancel && {
          foot: (
            <ActionButton wide tone="danger" onClick={cancelling.show}>
              {text(drawTexts.cancelDraw)}
            </ActionButton>
          ),
        })}
      >
        <dl className="qun-draw__facts">
          <Fact name={text(drawTexts.prizes)}>
            {body.prizes.map((prize, at) => (
              // oxlint-disable-next-line react/no-array-index-key
              <span key={at} className="qun-draw__factprize">
                {prize.name} {text(prizeQuantityText(prize.quantity))}
                {prize.valueFen !== undefined && <Money fen={prize.valueFen} />}
              </span>
            ))}
          </Fact>
          <Fact name={text(drawTexts.closesAt)}>{when(body.closesAt)}</Fact>
          <Fact name={text(drawTexts.drawsAt)}>{when(body.drawsAt)}</Fact>
          <Fact name={text(drawTexts.organiser)}>{body.organiser}</Fact>
          <Fact name={text(drawTexts.contact)}>{body.contact}</Fact>
          <Fact name={text(drawTexts.conditions)}>{body.conditions}</Fact>
          <Fact name={text(drawTexts.method)}>{body.method}</Fact>
          {body.claimDays !== undefined && (
            <Fact name={text(drawTexts.claimDays)}>{text(claimWithinText(body.claimDays))}</Fact>
          )}
          {body.claimDays !== undefined && (
            <Fact name={text(afterTexts.unclaimed)}>
              {text(body.unclaimed === 'redraw' ? afterTexts.unclaimedRedraw : afterTexts.unclaimedVoid)}
            </Fact>
          )}
          <Fact name={text(drawTexts.fairness)}>
            {text({ none: drawTexts.modeNone, group: drawTexts.modeGroup, beacon: drawTexts.modeBeacon }[mode])}
            <code className="qun-draw__hash">SHA-256 {state.commit}</code>
          </Fact>
        </dl>
      </Sheet>
      <CancelDialog {...props} open={cancelling.open} onClose={cancelling.hide} />
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === undefined || children === '') return null
  return (
    <div className="qun-draw__fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function CancelDialog({ act, open, onClose }: DrawFace & { readonly open: boolean; readonly onClose: () => void }) {
  const text = useText()
  const [reason, setReason] = useState('')
  const [asked, setAsked] = useState(false)
  const missing = asked && reason.trim() === ''
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={drawTexts.cancelAsk}
      confirm={drawTexts.cancelDraw}
      danger
      onConfirm={async () => {
        setAsked(true)
        if (reason.trim() === '')
          throw Object.assign(new Error('no reason'), { problem: { title: drawTexts.cancelNeedsReason } })
        await act('cancel', { reason: reason.trim() })
      }}
    >
      <label className="qun-draw__field">
        <span className="qun-draw__label">{text(drawTexts.cancelReason)}</span>
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
