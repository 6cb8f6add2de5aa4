/** The form in the plus menu: a flash sale in one screen. */
import {
  FormChoice,
  FormRow,
  FormSpan,
  FormText,
  PlayForm,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import type { flashSale } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, type SaleDraft } from './draft.ts'
import { saleTexts } from './texts.ts'

export function FlashSaleForm({ submit }: ComposeProps<typeof flashSale>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(emptyDraft)
  const change = (patch: Partial<SaleDraft>) => setDraft((before) => ({ ...before, ...patch }))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(saleTexts.publish)}
    >
      {(faults) => (
        <>
          <Typed name="title" max={60} {...{ draft, change, faults }} />
          <FormRow>
            <Typed name="price" max={12} kind="money" {...{ draft, change, faults }} />
            <Typed name="original" max={12} kind="money" {...{ draft, change, faults }} />
          </FormRow>
          <FormRow>
            <Typed name="stock" max={6} kind="whole" {...{ draft, change, faults }} />
            <Typed name="perMember" max={2} kind="whole" {...{ draft, change, faults }} />
          </FormRow>
          <Times draft={draft} change={change} faults={faults} />
          <Typed name="url" max={2_000} {...{ draft, change, faults }} />
        </>
      )}
    </PlayForm>
  )
}

interface PartProps {
  readonly draft: SaleDraft
  readonly change: (patch: Partial<SaleDraft>) => void
  readonly faults: FormFaults
}
interface TypedProps extends PartProps {
  readonly name: 'title' | 'price' | 'original' | 'stock' | 'perMember' | 'url'
  readonly max: number
  readonly kind?: 'whole' | 'money'
}
function Typed({ name, max, kind = 'whole', draft, change, faults }: TypedProps) {
  const text = useText()
  const isText = name === 'title' || name === 'url'
  return (
    <FormText
      label={text(saleTexts[name])}
      value={draft[name]}
      max={max}
      fault={faults[name]}
      kind={isText ? 'text' : kind}
      onType={(typed) => change({ [name]: typed })}
    />
  )
}
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
