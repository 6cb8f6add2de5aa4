/** What somebody types into a play's form: the draft, and the fields bound to it by name. Knows no play. */
import type { LocalText } from '@qun/contract'
import { useState, type ReactNode } from 'react'
import { FormText, PlayForm, type FormFaults, type FormTextProps, type PlayFormProps } from './form-parts.tsx'
import { useQun, useText } from '../qun-context.ts'

export type ChangeDraft<D> = (patch: Partial<D>) => void
/** What each part of a form gets. */
export interface DraftParts<D> {
  readonly draft: D
  readonly change: ChangeDraft<D>
  readonly faults: FormFaults
}
/** A draft, and the way to change some of it. */
export function useDraft<D>(first: D | (() => D)): readonly [D, ChangeDraft<D>] {
  const [draft, setDraft] = useState(first)
  return [draft, (patch) => setDraft((before) => ({ ...before, ...patch }))]
}

/** The fields of a draft that hold text just as it is typed. */
export type TypedName<D> = { [N in keyof D]-?: string extends D[N] ? N : never }[keyof D] & string
export interface DraftTextProps<D> extends DraftParts<D>, Omit<FormTextProps, 'label' | 'value' | 'fault' | 'onType'> {
  readonly name: TypedName<D>
  readonly label: LocalText
}
/** The field of a draft under its name: its label, what is typed so far, what is wrong with it. */
export function DraftText<D>({ name, label, draft, change, faults, ...input }: DraftTextProps<D>): ReactNode {
  const text = useText()
  return (
    <FormText
      {...input}
      label={text(label)}
      value={draft[name] as string}
      fault={faults[name]}
      onType={(typed) => change({ [name]: typed } as Partial<D>)}
    />
  )
}

export interface ComposeFormProps<D, B> extends Pick<PlayFormProps<D>, 'faultsOf' | 'tone'> {
  /** What it starts with. */
  readonly first: D | (() => D)
  /** The body of a draft without faults; spans of time count from `now`, the server's. */
  readonly bodyOf: (draft: D, now: number) => B
  /** Posts it and closes the form (`ComposeProps`); the refusal it throws is shown as a toast. */
  readonly submit: (body: B) => Promise<void>
  /** What the button says: the verb. */
  readonly publish: LocalText
  readonly children: (part: DraftParts<D>) => ReactNode
}
/** The form of a card in the plus menu: holds the draft, says what is missing, and posts the body it makes. */
export function ComposeForm<D, B>({ first, bodyOf, submit, publish, children, ...form }: ComposeFormProps<D, B>) {
  const { client } = useQun()
  const text = useText()
  const [draft, change] = useDraft(first)
  return (
    <PlayForm
      {...form}
      draft={draft}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(publish)}
    >
      {(faults) => children({ draft, change, faults })}
    </PlayForm>
  )
}
