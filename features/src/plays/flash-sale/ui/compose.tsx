/** The form in the plus menu: a flash sale in one screen. */
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormProduct,
  FormRow,
  FormSpan,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import type { flashSale } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, type SaleDraft } from './draft.ts'
import { saleTexts } from './texts.ts'

export function FlashSaleForm({ group, submit }: ComposeProps<typeof flashSale>) {
  const text = useText()
  return (
    <ComposeForm
      {...{ faultsOf, bodyOf, submit }}
      first={() => emptyDraft(text(saleTexts.refundsFirst))}
      publish={saleTexts.publish}
    >
      {(part) => (
        <>
          <FormProduct
            label={saleTexts.product}
            group={group}
            picked={part.draft.product}
            fault={part.faults['product']}
            onPick={(product) => part.change({ product })}
          />
          <DraftText name="price" label={saleTexts.price} max={12} kind="money" {...part} />
          <FormRow>
            <DraftText name="stock" label={saleTexts.stock} max={6} kind="whole" {...part} />
            <DraftText name="perMember" label={saleTexts.perMember} max={2} kind="whole" {...part} />
          </FormRow>
          <Times {...part} />
          <DraftText name="refunds" label={saleTexts.refunds} max={200} long {...part} />
          <DraftText name="campaign" label={saleTexts.campaign} max={40} {...part} />
        </>
      )}
    </ComposeForm>
  )
}

type PartProps = DraftParts<SaleDraft>
function Times({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <>
      <FormRow>
        <FormChoice
          label={text(saleTexts.startsIn)}
          value={draft.startsIn}
          choices={[
            { value: '0', label: text(saleTexts.atOnce) },
            { value: '30', label: text(saleTexts.minutes30) },
            { value: '60', label: text(saleTexts.hour) },
            { value: '120', label: text(saleTexts.hours2) },
          ]}
          onChoose={(startsIn) => change({ startsIn })}
        />
        <FormChoice
          label={text(saleTexts.lead)}
          value={draft.lead}
          choices={[
            { value: 'none', label: text(saleTexts.leadNone) },
            { value: '30', label: text(saleTexts.minutes30) },
            { value: '60', label: text(saleTexts.hour) },
            { value: '1440', label: text(saleTexts.tomorrow) },
          ]}
          onChoose={(lead) => change({ lead })}
        />
      </FormRow>
      <FormSpan
        label={text(saleTexts.lasts)}
        value={draft.lasts}
        fault={faults['lasts']}
        onChange={(lasts) => change({ lasts })}
      />
    </>
  )
}
