/** The form in the plus menu: a draw in one screen, what the law wants told already filled in. */
import { ActionButton, CloseIcon, PlusIcon, useQun, useText, type ComposeProps } from '@qun/ui'
import { useId, useRef, useState, type ReactNode } from 'react'
import { prizesMax, type luckyDraw } from '../contract.ts'
import {
  bodyOf,
  drawAfterChoices,
  emptyDraft,
  faultsOf,
  type DrawDraft,
  type Faults,
  type PrizeDraft,
} from './draft.ts'
import { drawTexts, prizeLabelText } from './texts.ts'

type Change = (patch: Partial<DrawDraft>) => void

export function LuckyDrawForm({ group, submit }: ComposeProps<typeof luckyDraw>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(() => emptyDraft(group.get().group?.name ?? '', text))
  const [tried, setTried] = useState(false)
  const faults = tried ? faultsOf(draft) : {}
  const change: Change = (patch) => setDraft((before) => ({ ...before, ...patch }))
  const form = useRef<HTMLDivElement>(null)
  const publish = async () => {
    setTried(true)
    if (Object.keys(faultsOf(draft)).length > 0) {
      // After the faults are drawn: the first of them is where the person goes on.
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
      throw Object.assign(new Error('incomplete'), { problem: { title: drawTexts.fixFields } })
    }
    await submit(bodyOf(draft, client.serverNow()))
  }
  const parts = { draft, change, faults }
  return (
    <div ref={form} className="qun-draw__form">
      <TextField name="title" label={text(drawTexts.title)} hint={text(drawTexts.titleHint)} max={60} {...parts} />
      <PrizeFields {...parts} />
      <TimeFields {...parts} />
      <Choice
        label={text(drawTexts.randomness)}
        value={draft.entropy}
        onChange={(entropy) => change({ entropy: entropy as DrawDraft['entropy'] })}
      >
        <option value="group">{text(drawTexts.entropyGroup)}</option>
        <option value="none">{text(drawTexts.entropyNone)}</option>
      </Choice>
      <p className="qun-draw__hint">{text(draft.entropy === 'group' ? drawTexts.modeGroup : drawTexts.modeNone)}</p>
      <Choice
        label={text(drawTexts.claimDays)}
        value={draft.claimDays}
        onChange={(claimDays) => change({ claimDays: claimDays as DrawDraft['claimDays'] })}
      >
        <option value="7">{text(drawTexts.claimWeek)}</option>
        <option value="30">{text(drawTexts.claimMonth)}</option>
        <option value="0">{text(drawTexts.claimNone)}</option>
      </Choice>
      <fieldset className="qun-draw__set">
        <legend className="qun-draw__legend">{text(drawTexts.disclosure)}</legend>
        <p className="qun-draw__hint">{text(drawTexts.disclosureHint)}</p>
        <TextField name="organiser" label={text(drawTexts.organiser)} max={60} {...parts} />
        <TextField name="contact" label={text(drawTexts.contact)} max={100} {...parts} />
        <TextField name="conditions" label={text(drawTexts.conditions)} max={500} long {...parts} />
        <TextField name="method" label={text(drawTexts.method)} max={500} long {...parts} />
      </fieldset>
      <ActionButton wide onClick={publish}>
        {text(drawTexts.publish)}
      </ActionButton>
    </div>
  )
}

interface FieldsProps {
  readonly draft: DrawDraft
  readonly change: Change
  readonly faults: Faults
}
interface FieldProps {
  readonly label: string
  readonly fault: string | undefined
  readonly children: (parts: {
    readonly id: string
    readonly 'aria-invalid'?: true
    readonly 'aria-describedby'?: string
  }) => ReactNode
}
/** A label, its input, and what is wrong with it, tied together for screen readers. */
function Field({ label, fault, children }: FieldProps) {
  const id = useId()
  const marks = fault === undefined ? {} : ({ 'aria-invalid': true, 'aria-describedby': `${id}-fault` } as const)
  return (
    <div className="qun-draw__field">
      <label className="qun-draw__label" htmlFor={id}>
        {label}
      </label>
      {children({ id, ...marks })}
      {fault !== undefined && (
        <span id={`${id}-fault`} className="qun-draw__fault">
          {fault}
        </span>
      )}
    </div>
  )
}

interface TextFieldProps extends FieldsProps {
  readonly name: 'title' | 'organiser' | 'contact' | 'conditions' | 'method'
  readonly label: string
  readonly hint?: string
  readonly max: number
  readonly long?: boolean
}
function TextField({ name, label, hint, max, long = false, draft, change, faults }: TextFieldProps) {
  const text = useText()
  const Input = long ? 'textarea' : 'input'
  return (
    <Field label={label} fault={faults[name] && text(faults[name])}>
      {(marks) => (
        <Input
          {...marks}
          className="qun-input"
          value={draft[name]}
          maxLength={max}
          placeholder={hint}
          {...(long && { rows: 2 })}
          onChange={(typed: { target: { value: string } }) => change({ [name]: typed.target.value })}
        />
      )}
    </Field>
  )
}

function Choice(props: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly children: ReactNode
}) {
  return (
    <Field label={props.label} fault={undefined}>
      {(marks) => (
        <select
          {...marks}
          className="qun-input"
          value={props.value}
          onChange={(picked) => props.onChange(picked.target.value)}
        >
          {props.children}
        </select>
      )}
    </Field>
  )
}

function TimeFields({ draft, change, faults }: FieldsProps) {
  const text = useText()
  return (
    <div className="qun-draw__row">
      <Field label={text(drawTexts.entryTime)} fault={faults['amount'] && text(faults['amount'])}>
        {(marks) => (
          <span className="qun-draw__duration">
            <input
              {...marks}
              className="qun-input"
              inputMode="numeric"
              value={draft.amount}
              maxLength={3}
              onChange={(typed) => change({ amount: typed.target.value })}
            />
            <select
              className="qun-input"
              aria-label={text(drawTexts.entryTime)}
              value={draft.unit}
              onChange={(picked) => change({ unit: picked.target.value as DrawDraft['unit'] })}
            >
              <option value="minutes">{text(drawTexts.unitMinutes)}</option>
              <option value="hours">{text(drawTexts.unitHours)}</option>
              <option value="days">{text(drawTexts.unitDays)}</option>
            </select>
          </span>
        )}
      </Field>
      <Choice
        label={text(drawTexts.drawTime)}
        value={String(draft.drawAfterMs)}
        onChange={(value) => change({ drawAfterMs: Number(value) })}
      >
        <option value={drawAfterChoices[0]}>{text(drawTexts.drawAtOnce)}</option>
        <option value={drawAfterChoices[1]}>{text(drawTexts.drawMinute)}</option>
        <option value={drawAfterChoices[2]}>{text(drawTexts.drawTen)}</option>
      </Choice>
    </div>
  )
}

function PrizeFields({ draft, change, faults }: FieldsProps) {
  const text = useText()
  const set = (id: number, patch: Partial<PrizeDraft>) =>
    change({ prizes: draft.prizes.map((prize) => (prize.id === id ? { ...prize, ...patch } : prize)) })
  const add = () => {
    const id = Math.max(...draft.prizes.map((prize) => prize.id)) + 1
    change({ prizes: [...draft.prizes, { id, name: '', quantity: '1', worth: '' }] })
  }
  return (
    <fieldset className="qun-draw__set">
      <legend className="qun-draw__legend">{text(drawTexts.prizes)}</legend>
      {draft.prizes.map((prize, at) => (
        <div key={prize.id} className="qun-draw__prizefields" role="group" aria-label={text(prizeLabelText(at + 1))}>
          <PrizeField
            id={prize.id}
            name="name"
            label={text(drawTexts.prizeName)}
            value={prize.name}
            max={40}
            faults={faults}
            onType={(name) => set(prize.id, { name })}
          />
          <div className="qun-draw__row">
            <PrizeField
              id={prize.id}
              name="quantity"
              label={text(drawTexts.quantity)}
              value={prize.quantity}
              max={3}
              numeric
              faults={faults}
              onType={(quantity) => set(prize.id, { quantity })}
            />
            <PrizeField
              id={prize.id}
              name="worth"
              label={text(drawTexts.value)}
              value={prize.worth}
              max={12}
              numeric
              faults={faults}
              onType={(worth) => set(prize.id, { worth })}
            />
            {draft.prizes.length > 1 && (
              <button
                type="button"
                className="qun-iconbutton qun-draw__remove"
                aria-label={`${text(drawTexts.removePrize)}: ${text(prizeLabelText(at + 1))}`}
                onClick={() => change({ prizes: draft.prizes.filter((other) => other.id !== prize.id) })}
              >
                <CloseIcon size={18} />
              </button>
            )}
          </div>
        </div>
      ))}
      {draft.prizes.length < prizesMax && (
        <button type="button" className="qun-draw__add" onClick={add}>
          <PlusIcon size={18} /> {text(drawTexts.addPrize)}
        </button>
      )}
    </fieldset>
  )
}

interface PrizeFieldProps {
  readonly id: number
  readonly name: 'name' | 'quantity' | 'worth'
  readonly label: string
  readonly value: string
  readonly max: number
  readonly numeric?: boolean
  readonly faults: Faults
  readonly onType: (value: string) => void
}
function PrizeField({ id, name, label, value, max, numeric = false, faults, onType }: PrizeFieldProps) {
  const text = useText()
  const fault = faults[`${name}-${id}`]
  return (
    <Field label={label} fault={fault && text(fault)}>
      {(marks) => (
        <input
          {...marks}
          className="qun-input"
          value={value}
          maxLength={max}
          {...(numeric && { inputMode: 'decimal' as const })}
          onChange={(typed) => onType(typed.target.value)}
        />
      )}
    </Field>
  )
}
