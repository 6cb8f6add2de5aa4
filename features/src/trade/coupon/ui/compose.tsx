/** The form in the plus menu: a coupon in one screen, shown above as members will see it. */
import type { LocalText } from '@qun/contract'
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormRow,
  FormSpan,
  useDrawnAt,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import type { coupon, CouponKind } from '../contract.ts'
import {
  audienceChoices,
  bodyOf,
  emptyDraft,
  faultsOf,
  isShowable,
  termsOf,
  type AudienceChoice,
  type CouponDraft,
} from './draft.ts'
import { audienceTexts, couponTexts, kindTexts, validText } from './texts.ts'
import { Ticket } from './ticket.tsx'

export function CouponForm({ submit }: ComposeProps<typeof coupon>) {
  const text = useText()
  return (
    <ComposeForm
      {...{ faultsOf, bodyOf, submit }}
      first={() => ({ ...emptyDraft, contact: text(couponTexts.contactFirst) })}
      publish={couponTexts.publish}
    >
      {(part) => {
        const { draft, change, faults } = part
        return (
          <>
            <Sample draft={draft} />
            <FormRow>
              <FormChoice
                label={text(couponTexts.sort)}
                value={draft.kind}
                choices={kinds.map((value) => ({ value, label: text(kindTexts[value]) }))}
                onChoose={(kind) => change({ kind })}
              />
              <DraftText name="title" label={couponTexts.title} max={40} {...part} />
            </FormRow>
            <Worth {...part} />
            <FormRow>
              <DraftText name="total" label={couponTexts.total} max={7} kind="whole" {...part} />
              <DraftText name="perUser" label={couponTexts.perUser} max={2} kind="whole" {...part} />
            </FormRow>
            <FormRow>
              <FormSpan
                label={text(couponTexts.lasts)}
                value={draft.lasts}
                fault={faults['lasts']}
                onChange={(lasts) => change({ lasts })}
              />
              <DraftText name="days" label={couponTexts.days} max={3} kind="whole" {...part} />
            </FormRow>
            <DraftText name="contact" label={couponTexts.contact} max={100} {...part} />
            <More {...part} />
          </>
        )
      }}
    </ComposeForm>
  )
}
const kinds: readonly CouponKind[] = ['full', 'percent', 'direct', 'shipping', 'exchange']

type PartProps = DraftParts<CouponDraft>
function Sample({ draft }: { readonly draft: CouponDraft }) {
  const text = useText()
  const now = useDrawnAt()
  if (!isShowable(draft, now)) return null
  const terms = termsOf(draft, now)
  return (
    <figure className="qun-coupon__sample" aria-label={text(couponTexts.sample)}>
      <Ticket terms={terms} title={draft.title} valid={text(validText(terms, () => ''))} />
    </figure>
  )
}
/** What each kind asks for. */
function Worth(part: PartProps) {
  const { kind } = part.draft
  const threshold = kind === 'full' ? couponTexts.threshold : couponTexts.thresholdFree
  return (
    <>
      <FormRow>
        {(kind === 'full' || kind === 'direct') && (
          <DraftText name="amount" label={couponTexts.amount} max={12} kind="money" {...part} />
        )}
        {kind === 'shipping' && (
          <DraftText name="amount" max={12} kind="money" label={couponTexts.shippingAmount} {...part} />
        )}
        {kind === 'percent' && <DraftText name="percent" label={couponTexts.percent} max={6} kind="money" {...part} />}
        {kind === 'exchange' && <DraftText name="exchangeName" label={couponTexts.exchangeName} max={40} {...part} />}
        {kind === 'exchange' && <DraftText name="exchangeSku" label={couponTexts.exchangeSku} max={64} {...part} />}
        {(kind === 'percent' || kind === 'exchange') && (
          <DraftText name="cap" label={couponTexts.cap} max={12} kind="money" {...part} />
        )}
        {(kind === 'full' || kind === 'direct') && (
          <DraftText name="threshold" max={12} kind="money" label={threshold} {...part} />
        )}
      </FormRow>
      {kind !== 'full' && kind !== 'direct' && (
        <DraftText name="threshold" max={12} kind="money" label={threshold} {...part} />
      )}
    </>
  )
}
const audiences = Object.keys(audienceChoices) as AudienceChoice[]
function audienceText(choice: AudienceChoice): LocalText {
  const audience = audienceChoices[choice]
  const [words = couponTexts.audienceAll] = audience === undefined ? [] : audienceTexts(audience)
  return words
}
/** Folded away: most offers do without; unfolded when something in it is at fault. */
function More(part: PartProps) {
  const text = useText()
  const { draft, change, faults } = part
  const isFaulty = ['perDay', 'url', 'campaign'].some((name) => faults[name] !== undefined)
  return (
    <details className="qun-coupon__more" {...(isFaulty && { open: true })}>
      <summary>{text(couponTexts.moreSettings)}</summary>
      <div className="qun-form">
        <FormRow>
          <DraftText name="perDay" label={couponTexts.perDay} max={7} kind="whole" {...part} />
          <DraftText name="campaign" label={couponTexts.campaign} max={40} {...part} />
        </FormRow>
        <FormChoice
          label={text(couponTexts.refund)}
          value={draft.refund}
          choices={[
            { value: 'return', label: text(couponTexts.refundReturn) },
            { value: 'extend', label: text(couponTexts.refundExtend) },
            { value: 'void', label: text(couponTexts.refundVoid) },
          ]}
          onChoose={(refund) => change({ refund })}
        />
        <FormChoice
          label={text(couponTexts.audience)}
          value={draft.audience}
          choices={audiences.map((value) => ({ value, label: text(audienceText(value)) }))}
          onChoose={(audience) => change({ audience })}
        />
        {draft.kind !== 'exchange' && <DraftText name="skus" label={couponTexts.skus} max={1_000} {...part} />}
        <DraftText name="url" label={couponTexts.url} max={1_000} {...part} />
        <DraftText name="note" max={200} label={couponTexts.noteField} long {...part} />
      </div>
    </details>
  )
}
