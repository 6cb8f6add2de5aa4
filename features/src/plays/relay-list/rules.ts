/** What a line may hold, how it is shown, pasted and exported: pure, no clock, no storage, no chance. */
import { importMax, type Field, type OrderDraft, type OrderSum, type RelayBody, type Values } from './contract.ts'

// ── fields and values ──
/** Fields that make sense: names once, choices with options, numbers whose bounds meet. */
export function fieldsFit(fields: readonly Field[]): boolean {
  if (new Set(fields.map(({ name }) => name.trim())).size < fields.length) return false
  return fields.every(({ name, kind, options, min = 0, max = 1_000_000 }) => {
    if (name.trim() === '' || min > max) return false
    const names = (options ?? []).map((option) => option.name.trim())
    return kind === 'select' ? names.length > 0 && new Set(names).size === names.length : options === undefined
  })
}
/** [RL6] Indexes of fields whose value does not fit; too many or too few values are all at fault. */
export function valueFaults(fields: readonly Field[], values: Values): number[] {
  if (values.length !== fields.length) return fields.map((_, at) => at)
  return fields.flatMap((field, at) => (fits(field, values[at] ?? null) ? [] : [at]))
}
function fits(
  { kind, required, options = [], min = 0, max = 1_000_000, step = 1 }: Field,
  value: Values[number],
): boolean {
  if (value === null) return !required
  if (kind === 'number') return typeof value === 'number' && value >= min && value <= max && (value - min) % step === 0
  if (kind === 'select') return typeof value === 'number' && value >= 0 && value < options.length
  if (typeof value !== 'string' || value.trim() === '') return false
  return kind !== 'phone' || /^\+?\d[\d -]{4,18}\d$/.test(value)
}
/** The count of a line's pieces: its first number, one where there is none. */
export function quantityOf(fields: readonly Field[], values: Values): number {
  const at = fields.findIndex(({ kind }) => kind === 'number')
  const value = at === -1 ? 1 : values[at]
  return typeof value === 'number' ? value : 0
}
/** [RL6] 138****8000 */
export function maskPhone(phone: string): string {
  const digits = phone.replaceAll(/\D/g, '')
  return digits.length < 7 ? '****' : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}
/** What everybody may see of a line. */
export function publicValues(body: Pick<RelayBody, 'fields' | 'anonymousAmounts'>, values: Values): Values {
  return values.map((value, at) => {
    const kind = body.fields[at]?.kind
    if (kind === 'phone' && typeof value === 'string') return maskPhone(value)
    return kind === 'number' && body.anonymousAmounts ? null : value
  })
}

// ── capacity ──
/** [RL4] How often each option is chosen after a line's values change from `before` to `after`. */
export function chosenAfter(
  fields: readonly Field[],
  chosen: readonly (readonly number[])[],
  before: Values | undefined,
  after: Values | undefined,
): number[][] {
  return fields.map(({ kind, options = [] }, at) => {
    const counts = options.map((_, option) => chosen[at]?.[option] ?? 0)
    if (kind !== 'select') return []
    const [from, to] = [before?.[at], after?.[at]]
    if (typeof from === 'number') counts[from] = (counts[from] ?? 0) - 1
    if (typeof to === 'number') counts[to] = (counts[to] ?? 0) + 1
    return counts
  })
}
/** [RL4] Whether any option is chosen more often than it may be. */
export function isOverfull(fields: readonly Field[], chosen: readonly (readonly number[])[]): boolean {
  return fields.some(({ options = [] }, at) =>
    options.some(({ capacity }, option) => capacity !== undefined && (chosen[at]?.[option] ?? 0) > capacity),
  )
}

// ── orders ──
export type Ordered = Pick<OrderDraft, 'no' | 'userId' | 'name' | 'values'> & { readonly withdrawn: boolean }
/** [RL10] [RL12] A draft of each line that stands, without an amount. */
export function draftsOf({ fields }: Pick<RelayBody, 'fields'>, lines: readonly Ordered[]): OrderDraft[] {
  return lines
    .filter(({ withdrawn }) => !withdrawn)
    .map(({ no, userId, name, values }) => ({ no, userId, name, values, quantity: quantityOf(fields, values) }))
}
/** [RL10] What drafts come to by the sender's price, to be confirmed before they are made. */
export function sumOf(
  { unitPriceFen }: Pick<RelayBody, 'unitPriceFen'>,
  drafts: readonly Pick<OrderDraft, 'quantity'>[],
): OrderSum {
  const quantity = drafts.reduce((sum, draft) => sum + draft.quantity, 0)
  const isPriced = unitPriceFen !== undefined && drafts.length > 0
  return { lineCount: drafts.length, quantity, amountFen: isPriced ? unitPriceFen * quantity : null }
}

// ── pasting and exporting ──
export interface Pasted {
  readonly lines: readonly { readonly name: string; readonly quantity: number }[]
  /** Numbers of pasted lines, from one, that are no line of a list. */
  readonly bad: readonly number[]
}
/** A number, a name of at most 20 characters and a quantity, with what stands between them. */
const pastedLineMax = 60
const pastedLine = /^\d+ ?[.、．] ?(\S.*?)(?: [x×*]? ?(\d{1,6})| ?[x×*] ?(\d{1,6}))?$/u
/** [RL7] `1. 小林 x2`, `2、老周 3`, `3. 阿青`. Empty lines say nothing; a title above the first line is bad. */
export function parsePasted(text: string): Pasted {
  const lines: { name: string; quantity: number }[] = []
  const bad: number[] = []
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    // One blank for many, and no longer than a line can be: the pattern tries every way to part blanks and digits.
    const line = raw.trim().replace(/\s+/gu, ' ')
    if (line === '') continue
    const found = line.length > pastedLineMax ? null : pastedLine.exec(line)
    const name = found?.[1]?.trim() ?? ''
    if (found === null || name === '' || name.length > 20 || lines.length >= importMax) bad.push(at + 1)
    else lines.push({ name, quantity: Number(found[2] ?? found[3] ?? 1) })
  }
  return { lines, bad }
}
/** [RL7] The values of a pasted line: its name in the first words, its quantity in the first number. */
export function pastedValues(fields: readonly Field[], { name, quantity }: Pasted['lines'][number]): Values {
  const words = fields.findIndex(({ kind }) => kind === 'text' || kind === 'note')
  const number = fields.findIndex(({ kind }) => kind === 'number')
  return fields.map((_, at) => (at === words ? name : at === number ? quantity : null))
}
export interface Exported {
  readonly no: number
  readonly name: string
  readonly values: Values
  readonly withdrawn: boolean
}
/** [RL9] A cell that begins like a formula, in any width, is led by a quote mark; every cell is quoted. */
export function csvCell(value: string): string {
  const safe = /^[\s]*[=+\-@\t\r＝＋－＠]/u.test(value) ? `'${value}` : value
  return `"${safe.replaceAll('"', '""')}"`
}
export function valueText(field: Field | undefined, value: Values[number] | undefined): string {
  if (value === null || value === undefined) return ''
  if (field?.kind === 'select' && typeof value === 'number') return field.options?.[value]?.name ?? ''
  return String(value)
}
export function csvOf(fields: readonly Field[], lines: readonly Exported[]): string {
  const head = ['#', '姓名 / Name', ...fields.map(({ name }) => name), '状态 / State']
  const rows = lines.map(({ no, name, values, withdrawn }) => [
    String(no),
    name,
    ...fields.map((field, at) => valueText(field, values[at])),
    withdrawn ? '已撤回 / withdrawn' : '',
  ])
  // The mark at the front makes spreadsheets read it as UTF-8.
  return `\uFEFF${[head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`
}
/** As people write it in a plain chat; withdrawn lines keep their number. */
export function textOf(title: string, fields: readonly Field[], lines: readonly Exported[]): string {
  const rows = lines.map(({ no, name, values, withdrawn }) => {
    const quantity = quantityOf(fields, values)
    return withdrawn ? `${no}. –` : `${no}. ${name}${quantity > 1 ? ` x${quantity}` : ''}`
  })
  return [title, ...rows].join('\n')
}
