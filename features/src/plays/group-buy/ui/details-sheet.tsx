/** What must be told of the offer (E-22), and how it works; for those who run the group the way to cancel it. */
import { DetailsSheet, Disclosure, moneyText, useServerNow, useText } from '@qun/ui'
import type { BuyFace } from './face.ts'
import { buyTexts, limitText, piecesText, stepText, termsText } from './texts.ts'

type Props = BuyFace & { readonly open: boolean; readonly onClose: () => void }
export function BuyDetails({ body, state, message, viewer, act, open, onClose }: Props) {
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
      <Told body={body} at={message.at} />
      <ol className="qun-buy__how">
        {[buyTexts.howStart, buyTexts.howDone, buyTexts.howFail, late, buyTexts.howLeave].map((line) => (
          <li key={line.en}>{text(line)}</li>
        ))}
      </ol>
    </DetailsSheet>
  )
}

function Told({ body, at }: Pick<BuyFace, 'body'> & { readonly at: number }) {
  const text = useText()
  // One from before there were rules says what it has.
  const { title = '', refunds = '', stock } = body as Partial<typeof body>
  const steps = body.ladder.map((step) => text(stepText(step.size, moneyText(step.priceFen)))).join(' · ')
  const single = body.singlePriceFen === undefined ? '' : moneyText(body.singlePriceFen)
  return (
    <Disclosure
      of={{
        what: 'sale',
        organiser: body.merchant?.name ?? '',
        offer: title,
        quantity: stock === undefined ? '' : text(piecesText(stock)),
        terms: text(termsText(steps, single)),
        from: at,
        until: body.endsAt,
        limit: text(limitText(body.perMember)),
        refunds,
      }}
    />
  )
}
