/** All that was told before anyone entered (E-22), how it is kept fair; and cancelling. */
import { DetailsSheet, Disclosure, Fact, useText } from '@qun/ui'
import { disclosedOf } from './disclosed.ts'
import type { DrawFace } from './face.ts'
import { BeaconRound } from './round.tsx'
import { afterTexts, claimWithinText } from './texts-after.ts'
import { drawTexts } from './texts.ts'

export function DrawDetails(props: DrawFace & { readonly open: boolean; readonly onClose: () => void }) {
  const { body, state, message, viewer, act, open, onClose } = props
  const text = useText()
  const mode = body.entropy?.mode ?? 'none'
  const mayCancel = state.phase === 'open' && viewer.role !== 'member'
  const cancel = {
    title: drawTexts.cancelAsk,
    confirm: drawTexts.cancelDraw,
    label: drawTexts.cancelReason,
    missing: drawTexts.cancelNeedsReason,
    onConfirm: (reason: string) => act('cancel', { reason }),
  }
  return (
    <DetailsSheet {...{ open, onClose, mayCancel, cancel }} title={drawTexts.details}>
      <Disclosure
        of={disclosedOf(body, message.at, { text, entryCount: state.entryCount })}
        more={
          <>
            <ClaimFacts body={body} />
            <Fact name={text(drawTexts.fairness)}>
              {text({ none: drawTexts.modeNone, group: drawTexts.modeGroup, beacon: drawTexts.modeBeacon }[mode])}
              <BeaconRound entropy={body.entropy} />
              <code className="qun-draw__hash">SHA-256 {state.commit}</code>
            </Fact>
          </>
        }
      />
    </DetailsSheet>
  )
}

/** How long winners have, and what becomes of what nobody claimed. */
function ClaimFacts({ body }: Pick<DrawFace, 'body'>) {
  const text = useText()
  if (body.claimDays === undefined) return null
  return (
    <>
      <Fact name={text(drawTexts.claimDays)}>{text(claimWithinText(body.claimDays))}</Fact>
      <Fact name={text(afterTexts.unclaimed)}>
        {text(body.unclaimed === 'redraw' ? afterTexts.unclaimedRedraw : afterTexts.unclaimedVoid)}
      </Fact>
    </>
  )
}
