/** A row of the group page that opens a sheet to change one text. */
import type { Text } from '@qun/contract'
import { ActionButton, PageRow, Sheet, useQun, useText } from '@qun/ui'
import { useId, useState } from 'react'
import { membershipTexts } from './texts.ts'

export interface TextRowProps {
  readonly label: Text
  readonly hint?: Text
  readonly value: string
  /** Shown while the value is empty. */
  readonly none?: Text
  readonly lengthMax: number
  readonly long?: boolean
  readonly optional?: boolean
  readonly save: (value: string) => Promise<unknown>
}
export function TextRow(props: TextRowProps) {
  const { label, value, none = membershipTexts.none } = props
  const text = useText()
  const [open, setOpen] = useState(false)
  return (
    <>
      <PageRow label={text(label)} value={value === '' ? text(none) : value} onClick={() => setOpen(true)} />
      <Sheet open={open} onClose={() => setOpen(false)} title={label}>
        <TextForm {...props} close={() => setOpen(false)} />
      </Sheet>
    </>
  )
}
function TextForm({
  label,
  hint,
  value,
  lengthMax,
  long = false,
  optional = false,
  save,
  close,
}: TextRowProps & { readonly close: () => void }) {
  const { toast } = useQun()
  const text = useText()
  const id = useId()
  const [wish, setWish] = useState(value)
  const shared = {
    id,
    className: 'qun-input',
    value: wish,
    maxLength: lengthMax,
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
    onChange: (change: { target: { value: string } }) => setWish(change.target.value),
  }
  return (
    <>
      <div className="qun-field">
        <label className="qun-hidden" htmlFor={id}>
          {text(label)}
        </label>
        {long ? <textarea rows={4} {...shared} /> : <input type="text" {...shared} />}
        {hint !== undefined && (
          <span className="qun-field__hint" id={`${id}-hint`}>
            {text(hint)}
          </span>
        )}
      </div>
      <ActionButton
        wide
        disabled={(!optional && wish.trim() === '') || wish === value}
        onClick={async () => {
          await save(wish.trim())
          toast(membershipTexts.saved, 'ok')
          close()
        }}
      >
        {text(membershipTexts.save)}
      </ActionButton>
    </>
  )
}
