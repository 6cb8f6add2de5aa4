/** The form in the plus menu: a coupon in one screen, shown above as members will see it. */
import {
  FormChoice,
  FormRow,
  FormSpan,
  FormText,
  PlayForm,
  useDrawnAt,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import type { coupon, CouponKind } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, isShowable, termsOf, type CouponDraft } from './draft.ts'
import { couponTexts, kindTexts, validText } from './texts.ts'
import { Ticket } from './ticket.tsx'

export function CouponForm({ submit }: ComposeProps<typeof coupon>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(emptyDraft)
  const change = (patch: Partial<CouponDraft>) => setDraft((before) => ({ ...before, ...patch }))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(couponTexts.publish)}
    >
      {(faults) => {
        const part = { draft, change, faults }
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
              <Typed name="title" max={40} {...part} />
            </FormRow>
            <Worth {...part} />
            <FormRow>
              <Typed name="total" max={7} kind="whole" {...part} />
              <Typed name="perUser" max={2} kind="whole" {...part} />
            </FormRow>
            <FormRow>
              <FormSpan
                label={text(couponTexts.lasts)}
                value={draft.lasts}
                fault={faults['lasts']}
                onChange={(lasts) => change({ lasts })}
              />
              <Typed name="days" max={3} kind="whole" {...part} />
            </FormRow>
            <More {...part} />
          </>
        )
      }}
    </PlayForm>
  )
}
const kinds: readonly CouponKind[] = ['full', 'percent', 'direct', 'shipping', 'exchange']

interface PartProps {
  readonly draft: CouponDraft
  readonly change: (patch: Partial<CouponDraft>) => void
  readonly faults: FormFaults
}
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
type TextField = Exclude<keyof CouponDraft, 'kind' | 'lasts' | 'refund'>
interface TypedProps extends PartProps {
  readonly name: TextField
  readonly max: number
  readonly kind?: 'text' | 'whole' | 'money'
  readonly label?: (typeof couponTexts)[keyof typeof couponTexts]
  readonly long?: boolean
}
function Typed({ name, max, kind = 'text', label, long = false, draft, change, faults }: TypedProps) {
  const text = useText()
  return (
    <FormText
      label={text(label ?? couponTexts[name])}
      value={draft[name]}
      max={max}
      fault={faults[name]}
      kind={kind}
      long={long}
      onType={(typed) => change({ [name]: typed })}
    />
  )
}
/** What each kind asks for. */
function Worth(part: PartProps) {
  const { kind } = part.draft
  const threshold = kind === 'full' ? couponTexts.threshold : couponTexts.thresholdFree
  return (
    <>
      <FormRow>
        {(kind === 'full' || kind === 'direct') && <Typed name="amount" max={12} kind="money" {...part} />}
        {kind === 'shipping' && (
          <Typed name="amount" max={12} kind="money" label={couponTexts.shippingAmount} {...part} />
        )}
        {kind === 'percent' && <Typed name="percent" max={6} kind="money" {...part} />}
        {kind === 'percent' && <Typed name="cap" max={12} kind="money" {...part} />}
        {kind === 'exchange' && <Typed name="exchangeName" max={40} {...part} />}
        {kind === 'exchange' && <Typed name="exchangeSku" max={64} {...part} />}
        {(kind === 'full' || kind === 'direct') && (
          <Typed name="threshold" max={12} kind="money" label={threshold} {...part} />
        )}
      </FormRow>
      {kind !== 'full' && kind !== 'direct' && (
        <Typed name="threshold" max={12} kind="money" label={threshold} {...part} />
      )}
    </>
  )
}
/** Folded away: most offers do without; unfolded when something in it is at fault. */
function More(part: PartProps) {
  const text = useText()
  const { draft, change, faults } = part
  const isFaulty = ['perDay', 'url'].some((name) => faults[name] !== undefined)
  return (
    <details className="qun-coupon__more" {...(isFaulty && { open: true })}>
      <summary>{text(couponTexts.moreSettings)}</summary>
      <div className="qun-form">
        <FormRow>
          <Typed name="perDay" max={7} kind="whole" {...part} />
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
        </FormRow>
        {draft.kind !== 'exchange' && <Typed name="skus" max={1_000} {...part} />}
        <Typed name="url" max={1_000} {...part} />
        <Typed name="note" max={200} label={couponTexts.noteField} long {...part} />
      </div>
    </details>
  )
}
