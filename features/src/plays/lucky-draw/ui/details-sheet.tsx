/** All that was told before anyone entered: prizes, times, organiser, rules, how it is kept fair; and cancelling. */
import { DetailsSheet, Fact, Facts, Money, useText } from '@qun/ui'
import type { DrawFace } from './face.ts'
import { BeaconRound } from './round.tsx'
import { afterTexts, chancesText, claimWithinText } from './texts-after.ts'
import { drawTexts, prizeQuantityText } from './texts.ts'

export function DrawDetails(props: DrawFace & { readonly open: boolean; readonly onClose: () => void }) {
  const { body, state, viewer, locale, act, open, onClose } = props
  const text = useText()
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
  const cancel = {
    title: drawTexts.cancelAsk,
    confirm: drawTexts.cancelDraw,
    label: drawTexts.cancelReason,
    missing: drawTexts.cancelNeedsReason,
    onConfirm: (reason: string) => act('cancel', { reason }),
  }
  return (
    <DetailsSheet {...{ open, onClose, mayCancel, cancel }} title={drawTexts.details}>
      <Facts>
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
        {body.chances !== undefined && (
          <Fact name={text(afterTexts.chances)}>{text(chancesText(body.chances.most, body.chances.how))}</Fact>
        )}
        <ClaimFacts body={body} />
        <Fact name={text(drawTexts.fairness)}>
          {text({ none: drawTexts.modeNone, group: drawTexts.modeGroup, beacon: drawTexts.modeBeacon }[mode])}
          <BeaconRound entropy={body.entropy} />
          <code className="qun-draw__hash">SHA-256 {state.commit}</code>
        </Fact>
      </Facts>
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
