/** A question that goes ahead only with a reason everybody will read. Knows no play. */
import type { LocalText } from '@qun/contract'
import { useState } from 'react'
import { Dialog } from './overlay.tsx'
import { useText } from '../qun-context.ts'

export interface ReasonDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: LocalText
  /** What the button says: the verb. */
  readonly confirm: LocalText
  /** Names the field. */
  readonly label: LocalText
  /** Said when it is left empty. */
  readonly missing: LocalText
  readonly onConfirm: (reason: string) => Promise<unknown>
}
export function ReasonDialog({ open, onClose, title, confirm, label, missing, onConfirm }: ReasonDialogProps) {
  const text = useText()
  const [typed, setTyped] = useState('')
  const [isAsked, setAsked] = useState(false)
  const reason = typed.trim()
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      confirm={confirm}
      danger
      onConfirm={async () => {
        setAsked(true)
        if (reason === '') throw Object.assign(new Error('no reason'), { problem: { title: missing } })
        await onConfirm(reason)
      }}
    >
      <label className="qun-formfield">
        <span className="qun-formfield__label">{text(label)}</span>
        <input
          className="qun-input"
          value={typed}
          maxLength={120}
          aria-invalid={(isAsked && reason === '') || undefined}
          onChange={(change) => setTyped(change.target.value)}
        />
      </label>
    </Dialog>
  )
}
