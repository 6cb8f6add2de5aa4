/** The form in the plus menu: a relay list with the fields it asks for. */
import {
  CloseIcon,
  FormChoice,
  FormRow,
  FormSet,
  FormText,
  PageSwitch,
  PlayForm,
  PlusIcon,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import { fieldsMax, type relayList } from '../contract.ts'
import { bodyOf, draftFor, faultsOf, type FieldDraft, type RelayDraft } from './draft.ts'
import { fieldLabel, relayTexts } from './texts.ts'

export function RelayListForm({ submit }: ComposeProps<typeof relayList>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(() => draftFor(text(relayTexts.kindNumber)))
  const change = (patch: Partial<RelayDraft>) => setDraft((before) => ({ ...before, ...patch }))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(relayTexts.publish)}
    >
      {(faults) => (
        <>
          <FormText
            label={text(relayTexts.title)}
            value={draft.title}
            max={60}
            fault={faults['title']}
            onType={(title) => change({ title })}
          />
          <FormText
            long
            label={text(relayTexts.note)}
            value={draft.note}
            max={500}
            onType={(note) => change({ note })}
          />
          <Fields draft={draft} change={change} faults={faults} />
          <Terms draft={draft} change={change} faults={faults} />
        </>
      )}
    </PlayForm>
  )
}

interface PartProps {
  readonly draft: RelayDraft
  readonly change: (patch: Partial<RelayDraft>) => void
  readonly faults: FormFaults
}
function Terms({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <>
      <FormRow>
        <FormText
          kind="money"
          label={text(relayTexts.price)}
          value={draft.price}
          max={10}
          fault={faults['price']}
          onType={(price) => change({ price })}
        />
        <FormText
          kind="whole"
          label={text(relayTexts.capacity)}
          value={draft.capacity}
          max={4}
          fault={faults['capacity']}
          onType={(capacity) => change({ capacity })}
        />
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
  const text = useText()
  const { fields } = draft
  const set = (id: number, patch: Partial<FieldDraft>) =>
    change({ fields: fields.map((one) => (one.id === id ? { ...one, ...patch } : one)) })
  const add = () => {
    const id = Math.max(...fields.map((one) => one.id)) + 1
    change({ fields: [...fields, { id, name: '', kind: 'text', options: '' }] })
  }
  return (
    <FormSet legend={text(relayTexts.fields)}>
      {fields.map((field, at) => (
        <div key={field.id} className="qun-relay__field" role="group" aria-label={text(fieldLabel(at + 1))}>
          <FieldRow field={field} faults={faults} set={(patch) => set(field.id, patch)} />
          {fields.length > 1 && (
            <button
              type="button"
              className="qun-iconbutton"
              aria-label={`${text(relayTexts.removeField)}: ${text(fieldLabel(at + 1))}`}
              onClick={() => change({ fields: fields.filter((one) => one.id !== field.id) })}
            >
              <CloseIcon size={18} />
            </button>
          )}
        </div>
      ))}
      {fields.length < fieldsMax && (
        <button type="button" className="qun-relay__add" onClick={add}>
          <PlusIcon size={18} /> {text(relayTexts.addField)}
        </button>
      )}
    </FormSet>
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
    <div className="qun-relay__fieldparts">
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
    </div>
  )
}
