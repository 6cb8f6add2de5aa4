/** The form in the plus menu: a group buy in one screen. */
import {
  CloseIcon,
  FormChoice,
  FormRow,
  FormSet,
  FormSpan,
  FormText,
  PlayForm,
  PlusIcon,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import type { groupBuy } from '../contract.ts'
import { addStep, bodyOf, emptyDraft, faultsOf, mayAddStep, type BuyDraft, type StepDraft } from './draft.ts'
import { buyTexts, stepLabelText } from './texts.ts'

export function GroupBuyForm({ submit }: ComposeProps<typeof groupBuy>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(emptyDraft)
  const change = (patch: Partial<BuyDraft>) => setDraft((before) => ({ ...before, ...patch }))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(buyTexts.publish)}
    >
      {(faults) => (
        <>
          <Typed name="title" max={60} {...{ draft, change, faults }} />
          <Typed name="singlePrice" max={12} kind="money" {...{ draft, change, faults }} />
          <Steps {...{ draft, change, faults }} />
          <FormRow>
            <Typed name="stock" max={7} kind="whole" {...{ draft, change, faults }} />
            <Typed name="perMember" max={2} kind="whole" {...{ draft, change, faults }} />
          </FormRow>
          <FormRow>
            <FormSpan
              label={text(buyTexts.teamLasts)}
              value={draft.team}
              fault={faults['team']}
              onChange={(team) => change({ team })}
            />
            <FormSpan
              label={text(buyTexts.offerLasts)}
              value={draft.offer}
              fault={faults['offer']}
              onChange={(offer) => change({ offer })}
            />
          </FormRow>
          <FormChoice
            label={text(buyTexts.late)}
            value={draft.late}
            choices={[
              { value: 'refund', label: text(buyTexts.lateRefund) },
              { value: 'new-team', label: text(buyTexts.lateTeam) },
            ]}
            onChoose={(late) => change({ late })}
          />
          <Typed name="url" max={2_000} hint={text(buyTexts.urlHint)} {...{ draft, change, faults }} />
          <Typed name="image" max={2_000} {...{ draft, change, faults }} />
        </>
      )}
    </PlayForm>
  )
}

interface PartProps {
  readonly draft: BuyDraft
  readonly change: (patch: Partial<BuyDraft>) => void
  readonly faults: FormFaults
}
interface TypedProps extends PartProps {
  readonly name: 'title' | 'image' | 'url' | 'singlePrice' | 'stock' | 'perMember'
  readonly max: number
  readonly kind?: 'text' | 'whole' | 'money'
  readonly hint?: string
}
function Typed({ name, max, kind = 'text', hint, draft, change, faults }: TypedProps) {
  const text = useText()
  return (
    <FormText
      label={text(buyTexts[name])}
      value={draft[name]}
      max={max}
      kind={kind}
      fault={faults[name]}
      {...(hint !== undefined && { hint })}
      onType={(typed) => change({ [name]: typed })}
    />
  )
}
function Steps({ draft, change, faults }: PartProps) {
  const text = useText()
  const set = (id: number, patch: Partial<StepDraft>) =>
    change({ steps: draft.steps.map((step) => (step.id === id ? { ...step, ...patch } : step)) })
  return (
    <FormSet legend={text(buyTexts.ladder)}>
      {draft.steps.map((step, at) => (
        <div key={step.id} className="qun-buy__step" role="group" aria-label={text(stepLabelText(at + 1))}>
          <FormText
            label={text(buyTexts.stepSize)}
            value={step.size}
            max={2}
            kind="whole"
            fault={faults[`size-${step.id}`]}
            onType={(size) => set(step.id, { size })}
          />
          <FormText
            label={text(buyTexts.stepPrice)}
            value={step.price}
            max={12}
            kind="money"
            fault={faults[`price-${step.id}`]}
            onType={(price) => set(step.id, { price })}
          />
          {draft.steps.length > 1 && (
            <button
              type="button"
              className="qun-iconbutton qun-buy__remove"
              aria-label={`${text(buyTexts.removeStep)}: ${text(stepLabelText(at + 1))}`}
              onClick={() => change({ steps: draft.steps.filter((other) => other.id !== step.id) })}
            >
              <CloseIcon size={18} />
            </button>
          )}
        </div>
      ))}
      {mayAddStep(draft) && (
        <button type="button" className="qun-buy__add" onClick={() => change({ steps: addStep(draft) })}>
          <PlusIcon size={18} /> {text(buyTexts.addStep)}
        </button>
      )}
    </FormSet>
  )
}
