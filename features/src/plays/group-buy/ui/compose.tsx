/** The form in the plus menu: a group buy in one screen. */
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormList,
  FormProduct,
  FormRow,
  FormSpan,
  FormText,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import { stepsMax, type groupBuy } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, nextStep, type BuyDraft } from './draft.ts'
import { buyTexts, stepLabelText } from './texts.ts'

export function GroupBuyForm({ group, submit }: ComposeProps<typeof groupBuy>) {
  const text = useText()
  return (
    <ComposeForm
      {...{ faultsOf, bodyOf, submit }}
      first={() => emptyDraft(text(buyTexts.refundsFirst))}
      publish={buyTexts.publish}
    >
      {(part) => (
        <>
          <FormProduct
            label={buyTexts.product}
            group={group}
            picked={part.draft.product}
            fault={part.faults['product']}
            onPick={(product) => part.change({ product })}
          />
          <Steps {...part} />
          <FormRow>
            <DraftText name="stock" label={buyTexts.stock} max={7} kind="whole" {...part} />
            <DraftText name="perMember" label={buyTexts.perMember} max={2} kind="whole" {...part} />
          </FormRow>
          <Times {...part} />
          <DraftText name="refunds" label={buyTexts.refunds} max={200} long {...part} />
          <DraftText name="campaign" label={buyTexts.campaign} max={40} {...part} />
        </>
      )}
    </ComposeForm>
  )
}

type PartProps = DraftParts<BuyDraft>
function Times({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <>
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
    </>
  )
}
function Steps({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <FormList
      legend={buyTexts.ladder}
      rows={draft.steps}
      min={1}
      max={stepsMax}
      onChange={(steps) => change({ steps })}
      make={(id) => nextStep(draft, id)}
      nameOf={stepLabelText}
      addLabel={buyTexts.addStep}
      removeLabel={buyTexts.removeStep}
    >
      {(step, set) => (
        <>
          <FormText
            label={text(buyTexts.stepSize)}
            value={step.size}
            max={2}
            kind="whole"
            fault={faults[`size-${step.id}`]}
            onType={(size) => set({ size })}
          />
          <FormText
            label={text(buyTexts.stepPrice)}
            value={step.price}
            max={12}
            kind="money"
            fault={faults[`price-${step.id}`]}
            onType={(price) => set({ price })}
          />
        </>
      )}
    </FormList>
  )
}
