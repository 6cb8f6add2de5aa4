/** The form of one line, made from the list's fields: a new one, or a change of one's own. */
import { ActionButton, FormChoice, FormText, formFaults, PlayForm, Sheet, useText, type FormFaults } from '@qun/ui'
import { useEffect, useState } from 'react'
import type { Field, RelayMine, Values } from '../contract.ts'
import { valueFaults } from '../rules.ts'
import type { RelayFace } from './face.ts'
import { optionLeftText, relayTexts } from './texts.ts'

interface LineSheetProps extends RelayFace {
  /** The line to change; a new one without it. */
  readonly line: RelayMine['lines'][number] | undefined
  readonly open: boolean
  readonly onClose: () => void
}
type Typed = readonly string[]
const typedOf = (fields: readonly Field[], values: Values | undefined): Typed =>
  fields.map((field, at) => {
    const value = values?.[at]
    if (value === null || value === undefined) return field.kind === 'number' && values === undefined ? '1' : ''
    return String(value)
  })
function valuesOf(fields: readonly Field[], typed: Typed): Values {
  return fields.map(({ kind }, at) => {
    const said = (typed[at] ?? '').trim()
    if (said === '') return null
    return kind === 'number' || kind === 'select' ? (/^\d{1,7}$/.test(said) ? Number(said) : -1) : said
  })
}

export function LineSheet({ body, state, act, line, open, onClose }: LineSheetProps) {
  const text = useText()
  const { fields } = body
  const [typed, setTyped] = useState<Typed>(() => typedOf(fields, line?.values))
  useEffect(() => {
    if (open) setTyped(typedOf(fields, line?.values))
    // Filled in anew at each opening; what is typed meanwhile stays.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [open, line?.no])
  const faultsOf = (draft: Typed): FormFaults =>
    Object.fromEntries(
      valueFaults(fields, valuesOf(fields, draft)).map((at) => [
        `field-${at}`,
        fields[at]?.kind === 'number' ? formFaults.number : formFaults.required,
      ]),
    )
  const submit = async () => {
    const values = valuesOf(fields, typed)
    await (line === undefined ? act('join', { values }) : act('update', { no: line.no, version: line.version, values }))
    onClose()
  }
  const withdraw = async () => {
    if (line !== undefined) await act('withdraw', { no: line.no, version: line.version })
    onClose()
  }
  return (
    <Sheet open={open} onClose={onClose} title={body.title}>
      <PlayForm
        draft={typed}
        faultsOf={faultsOf}
        onSubmit={submit}
        submitLabel={text(line === undefined ? relayTexts.join : relayTexts.save)}
      >
        {(faults) =>
          fields.map((field, at) => (
            <FieldInput
              key={field.name}
              field={field}
              chosen={state.chosen[at] ?? []}
              value={typed[at] ?? ''}
              fault={faults[`field-${at}`]}
              onType={(said) => setTyped(typed.map((one, other) => (other === at ? said : one)))}
            />
          ))
        }
      </PlayForm>
      {line !== undefined && (
        <ActionButton wide tone="danger" onClick={withdraw}>
          {text(relayTexts.withdraw)}
        </ActionButton>
      )}
    </Sheet>
  )
}

interface InputProps {
  readonly field: Field
  readonly chosen: readonly number[]
  readonly value: string
  readonly fault: FormFaults[string] | undefined
  readonly onType: (value: string) => void
}
function FieldInput({ field, chosen, value, fault, onType }: InputProps) {
  const text = useText()
  if (field.kind === 'select') {
    const options = (field.options ?? []).map(({ name, capacity }, at) => ({
      value: String(at),
      label: capacity === undefined ? name : text(optionLeftText(name, Math.max(0, capacity - (chosen[at] ?? 0)))),
    }))
    const none = { value: '', label: text(relayTexts.none) }
    return (
      <FormChoice
        label={field.name}
        value={value}
        choices={[none, ...options]}
        {...(fault && { hint: text(fault) })}
        onChoose={onType}
      />
    )
  }
  return (
    <FormText
      label={field.name}
      value={value}
      max={field.kind === 'note' ? 200 : 60}
      long={field.kind === 'note'}
      fault={fault}
      kind={field.kind === 'number' ? 'whole' : 'text'}
      onType={onType}
    />
  )
}
