/** The parts of a play's form: fields tied to their labels and faults, amounts, spans of time. Knows no play. */
import { DAY, HOUR, MINUTE, type LocalText } from '@qun/contract'
import { useId, useRef, useState, type ReactNode } from 'react'
import { ActionButton } from '../parts/action-button.tsx'
import { useText, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'

/** What a form says of a field that is not as it should be. */
export const formFaults = {
  required: texts['form.required'],
  number: texts['form.number'],
  money: texts['form.money'],
} as const

/** Field name to what is wrong with it. */
export type FormFaults = Readonly<Record<string, LocalText>>

export interface PlayFormProps<D> {
  readonly draft: D
  readonly faultsOf: (draft: D) => FormFaults
  /** Called only with a draft without faults; the refusal it throws is shown as a toast. */
  readonly onSubmit: () => Promise<void>
  readonly submitLabel: ReactNode
  readonly tone?: 'accent' | 'packet'
  /** Gets what to show as faults: none before the first try. */
  readonly children: (faults: FormFaults) => ReactNode
}
/** A form that says what is missing only once somebody tried, and then goes to the first of it. */
export function PlayForm<D>({ draft, faultsOf, onSubmit, submitLabel, tone = 'accent', children }: PlayFormProps<D>) {
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLDivElement>(null)
  const submit = async () => {
    setTried(true)
    if (Object.keys(faultsOf(draft)).length === 0) return onSubmit()
    // After the faults are drawn: the first of them is where the person goes on.
    setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
    throw Object.assign(new Error('incomplete'), { problem: { title: texts['form.incomplete'] } })
  }
  return (
    <div ref={form} className="qun-form">
      {children(tried ? faultsOf(draft) : {})}
      <div className="qun-form__foot">
        <ActionButton wide tone={tone} onClick={submit}>
          {submitLabel}
        </ActionButton>
      </div>
    </div>
  )
}

export interface FieldMarks {
  readonly id: string
  readonly 'aria-invalid'?: true
  readonly 'aria-describedby'?: string
}
interface FieldProps {
  readonly label: ReactNode
  readonly fault?: LocalText | undefined
  readonly hint?: ReactNode
  readonly children: (marks: FieldMarks) => ReactNode
}
/** A label, its input, a hint, and what is wrong with it, tied together for screen readers. */
export function FormField({ label, fault, hint, children }: FieldProps) {
  const text = useText()
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, fault !== undefined && `${id}-fault`].filter(Boolean).join(' ')
  const marks = {
    id,
    ...(fault === undefined ? {} : { 'aria-invalid': true as const }),
    ...(described === '' ? {} : { 'aria-describedby': described }),
  }
  return (
    <div className="qun-formfield">
      <label className="qun-formfield__label" htmlFor={id}>
        {label}
      </label>
      {children(marks)}
      {hint !== undefined && (
        <span id={`${id}-hint`} className="qun-formfield__hint">
          {hint}
        </span>
      )}
      {fault !== undefined && (
        <span id={`${id}-fault`} className="qun-formfield__fault">
          {text(fault)}
        </span>
      )}
    </div>
  )
}

export interface FormTextProps {
  readonly label: ReactNode
  readonly value: string
  readonly onType: (value: string) => void
  readonly max: number
  readonly fault?: LocalText | undefined
  readonly hint?: ReactNode
  readonly placeholder?: string
  /** Several lines. */
  readonly long?: boolean
  /** `whole`: digits; `money`: yuan with two decimals. */
  readonly kind?: 'text' | 'whole' | 'money'
}
export function FormText(props: FormTextProps) {
  const { label, value, onType, max, fault, hint, placeholder, long = false, kind = 'text' } = props
  const Input = long ? 'textarea' : 'input'
  return (
    <FormField label={label} fault={fault} {...(hint !== undefined && { hint })}>
      {(marks) => (
        <Input
          {...marks}
          className="qun-input"
          value={value}
          maxLength={max}
          {...(placeholder !== undefined && { placeholder })}
          {...(long && { rows: 2 })}
          {...(kind !== 'text' && { inputMode: kind === 'whole' ? ('numeric' as const) : ('decimal' as const) })}
          onChange={(typed: { target: { value: string } }) => onType(typed.target.value)}
        />
      )}
    </FormField>
  )
}

export interface FormChoiceProps<V extends string> {
  readonly label: ReactNode
  readonly value: V
  readonly choices: readonly { readonly value: V; readonly label: string }[]
  readonly onChoose: (value: V) => void
  readonly hint?: ReactNode
}
export function FormChoice<V extends string>({ label, value, choices, onChoose, hint }: FormChoiceProps<V>) {
  return (
    <FormField label={label} {...(hint !== undefined && { hint })}>
      {(marks) => (
        <select
          {...marks}
          className="qun-input"
          value={value}
          onChange={(picked) => onChoose(picked.target.value as V)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </FormField>
  )
}

/** A span of time as typed: a number and its unit. */
export interface Span {
  readonly amount: string
  readonly unit: 'minutes' | 'hours' | 'days'
}
const unitMs = { minutes: MINUTE, hours: HOUR, days: DAY } as const
/** Milliseconds of a span; undefined for what is no number from 1 to 999. */
export function spanMs({ amount, unit }: Span): number | undefined {
  const count = wholeOf(amount, 999)
  return count === undefined ? undefined : count * unitMs[unit]
}
export function FormSpan(props: {
  readonly label: ReactNode
  readonly value: Span
  readonly onChange: (span: Span) => void
  readonly fault?: LocalText | undefined
}) {
  const { label, value, onChange, fault } = props
  const words = useWords()
  return (
    <FormField label={label} fault={fault}>
      {(marks) => (
        <span className="qun-formspan">
          <input
            {...marks}
            className="qun-input"
            inputMode="numeric"
            value={value.amount}
            maxLength={3}
            onChange={(typed) => onChange({ ...value, amount: typed.target.value })}
          />
          <select
            className="qun-input"
            aria-label={words('form.unit')}
            value={value.unit}
            onChange={(picked) => onChange({ ...value, unit: picked.target.value as Span['unit'] })}
          >
            <option value="minutes">{words('form.minutes')}</option>
            <option value="hours">{words('form.hours')}</option>
            <option value="days">{words('form.days')}</option>
          </select>
        </span>
      )}
    </FormField>
  )
}

/** Fields beside each other, where there is room. */
export function FormRow({ children }: { readonly children: ReactNode }) {
  return <div className="qun-formrow">{children}</div>
}
/** Fields that belong together under a name. */
export function FormSet({ legend, children }: { readonly legend: ReactNode; readonly children: ReactNode }) {
  return (
    <fieldset className="qun-formset">
      <legend className="qun-formset__legend">{legend}</legend>
      {children}
    </fieldset>
  )
}

/** Yuan as typed to integer fen, without ever being a fraction; undefined for what is no amount. */
export function fenOf(yuan: string): number | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(yuan.trim())
  if (parts === null) return undefined
  return Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'))
}
/** A whole number from 1 to `max` as typed; undefined for anything else. */
export function wholeOf(typed: string, max: number): number | undefined {
  const count = /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : 0
  return count >= 1 && count <= max ? count : undefined
}
