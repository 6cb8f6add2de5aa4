/** The product a card offers: chosen from the host's catalogue, never typed. Knows no play and no catalogue. */
import type { LocalText } from '@qun/contract'
import type { GroupHandle } from '@qun/sdk'
import type { PickedProduct } from '../card-ui.ts'
import { useQun, useText, useWords } from '../qun-context.ts'
import { FormField } from './form-parts.tsx'

export interface FormProductProps {
  readonly label: LocalText
  readonly group: GroupHandle
  readonly picked: PickedProduct | undefined
  readonly onPick: (product: PickedProduct | undefined) => void
  readonly fault?: LocalText | undefined
}
export function FormProduct({ label, group, picked, onPick, fault }: FormProductProps) {
  const text = useText()
  const words = useWords()
  const { catalogue } = useQun()
  return (
    <FormField label={text(label)} fault={fault}>
      {(marks) =>
        catalogue === undefined ? (
          <p {...marks} tabIndex={-1} className="qun-formfield__hint">
            {words('form.noCatalogue')}
          </p>
        ) : (
          <catalogue.Picker {...{ marks, group, picked, onPick }} />
        )
      }
    </FormField>
  )
}
