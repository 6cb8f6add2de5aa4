/** Rows of a form that are added and removed: options, prizes, steps. Knows no play. */
import type { LocalText } from '@qun/contract'
import type { ReactNode } from 'react'
import { FormSet } from './form-parts.tsx'
import { CloseIcon, PlusIcon } from '../parts/icons.tsx'
import { useText } from '../qun-context.ts'

export interface FormListProps<R extends { readonly id: number }> {
  readonly legend: LocalText
  /** Each with an id that tells it apart while others come and go. */
  readonly rows: readonly R[]
  /** Rows that must stay; 0 unless told. */
  readonly min?: number
  readonly max: number
  readonly onChange: (rows: readonly R[]) => void
  /** The next row, with the id it is given. */
  readonly make: (id: number) => NoInfer<R>
  /** What the row at this place is called, from 1. */
  readonly nameOf: (place: number) => LocalText
  readonly addLabel: LocalText
  readonly removeLabel: LocalText
  /** `fields` beside each other, a `block` of several lines in a frame, or `one` field that bears the row's name. */
  readonly look?: 'fields' | 'block' | 'one'
  readonly children: (row: R, set: (patch: Partial<R>) => void, place: number) => ReactNode
}
export function FormList<R extends { readonly id: number }>(props: FormListProps<R>) {
  const { legend, rows, min = 0, max, onChange, make, nameOf, addLabel, removeLabel, look = 'fields', children } = props
  const text = useText()
  const set = (id: number) => (patch: Partial<R>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...patch } : row)))
  return (
    <FormSet legend={text(legend)}>
      {rows.map((row, at) => {
        const name = text(nameOf(at + 1))
        return (
          <div
            key={row.id}
            className={`qun-formlist__row qun-formlist__row--${look}`}
            {...(look !== 'one' && { role: 'group', 'aria-label': name })}
          >
            <div className="qun-formlist__parts">{children(row, set(row.id), at + 1)}</div>
            {rows.length > min && (
              <button
                type="button"
                className="qun-iconbutton qun-formlist__remove"
                aria-label={`${text(removeLabel)}: ${name}`}
                onClick={() => onChange(rows.filter((other) => other.id !== row.id))}
              >
                <CloseIcon size={18} />
              </button>
            )}
          </div>
        )
      })}
      {rows.length < max && (
        <button
          type="button"
          className="qun-formlist__add"
          onClick={() => onChange([...rows, make(Math.max(0, ...rows.map(({ id }) => id)) + 1)])}
        >
          <PlusIcon size={18} /> {text(addLabel)}
        </button>
      )}
    </FormSet>
  )
}
