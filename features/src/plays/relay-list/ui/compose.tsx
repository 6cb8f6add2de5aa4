/** The form in the plus menu: a relay list with the fields it asks for. */
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormList,
  FormRow,
  FormText,
  PageSwitch,
  useText,
  type ComposeProps,
  type DraftParts,
  type FormFaults,
} from '@qun/ui'
import { fieldsMax, type relayList } from '../contract.ts'
import { bodyOf, draftFor, faultsOf, type FieldDraft, type RelayDraft } from './draft.ts'
import { fieldLabel, relayTexts } from './texts.ts'

export function RelayListForm({ submit }: ComposeProps<typeof relayList>) {
  const text = useText()
  const first = () => draftFor(text(relayTexts.kindNumber))
  return (
    <ComposeForm {...{ first, faultsOf, bodyOf, submit }} publish={relayTexts.publish}>
      {(part) => (
        <>
          <DraftText name="title" label={relayTexts.title} max={60} {...part} />
          <DraftText long name="note" label={relayTexts.note} max={500} {...part} />
          <Fields {...part} />
          <Terms {...part} />
        </>
      )}
    </ComposeForm>
  )
}

type PartProps = DraftParts<RelayDraft>
function Terms({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <>
      <FormRow>
        <DraftText name="price" label={relayTexts.price} max={10} kind="money" {...{ draft, change, faults }} />
        <DraftText name="capacity" label={relayTexts.capacity} max={4} kind="whole" {...{ draft, change, faults }} />
      </FormRow>
      <FormRow>
        <FormChoice
          label={text(relayTexts.perMember)}
          value={draft.perMember}
          choices={['1', '2', '3', '4', '5'].map((value) => ({ value, label: value }))}
          onChoose={(perMember) => change({ perMember })}
        />
        <FormChoice
          label={text(relayTexts.lasts)}
          value={draft.lasts}
          choices={[
            { value: 'hours6', label: text(relayTexts.hours6) },
            { value: 'day', label: text(relayTexts.day) },
            { value: 'threeDays', label: text(relayTexts.threeDays) },
            { value: '0', label: text(relayTexts.noEnd) },
          ]}
          onChoose={(lasts) => change({ lasts })}
        />
      </FormRow>
      <PageSwitch
        label={text(relayTexts.hideAmounts)}
        on={draft.anonymousAmounts}
        set={async (anonymousAmounts) => change({ anonymousAmounts })}
      />
    </>
  )
}

function Fields({ draft, change, faults }: PartProps) {
  return (
    <FormList
      look="block"
      legend={relayTexts.fields}
      rows={draft.fields}
      min={1}
      max={fieldsMax}
      onChange={(fields) => change({ fields })}
      make={(id): FieldDraft => ({ id, name: '', kind: 'text', options: '' })}
      nameOf={fieldLabel}
      addLabel={relayTexts.addField}
      removeLabel={relayTexts.removeField}
    >
      {(field, set) => <FieldRow field={field} faults={faults} set={set} />}
    </FormList>
  )
}

interface FieldRowProps {
  readonly field: FieldDraft
  readonly faults: FormFaults
  readonly set: (patch: Partial<FieldDraft>) => void
}
function FieldRow({ field, faults, set }: FieldRowProps) {
  const text = useText()
  return (
    <>
      <FormRow>
        <FormText
          label={text(relayTexts.fieldName)}
          value={field.name}
          max={20}
          fault={faults[`name-${field.id}`]}
          onType={(name) => set({ name })}
        />
        <FormChoice
          label={text(relayTexts.fieldKind)}
          value={field.kind}
          choices={[
            { value: 'number', label: text(relayTexts.kindNumber) },
            { value: 'text', label: text(relayTexts.kindText) },
            { value: 'select', label: text(relayTexts.kindSelect) },
            { value: 'phone', label: text(relayTexts.kindPhone) },
            { value: 'note', label: text(relayTexts.kindNote) },
          ]}
          onChoose={(kind) => set({ kind })}
        />
      </FormRow>
      {field.kind === 'select' && (
        <FormText
          label={text(relayTexts.options)}
          value={field.options}
          max={300}
          fault={faults[`options-${field.id}`]}
          onType={(options) => set({ options })}
        />
      )}
    </>
  )
}
