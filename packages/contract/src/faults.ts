/** What is wrong with a value by its schema, as JSON pointers: the same answer for one fault and for a hundred. */
import type { TSchema } from 'typebox'

export interface Fault {
  readonly pointer: string
  readonly code: 'request.invalid' | 'request.unknown_field'
}
interface SchemaFault {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}
interface Validator {
  Errors(value: unknown): unknown
}
interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

/** At most this many faults are reported: enough to mend a form, too few to be a burden. */
const faultsMax = 10
/** Of a name somebody made up, as much as is told. */
const nameMax = 100

/** One reference token of a JSON pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}

/**
 * Why a value does not fit: `request.unknown_field` if it has fields its schema does not name, whatever else it has.
 * [I14] Those come first, in their order; the compiler gives up after some faults and would forget them.
 */
export function faultsOf(validator: Validator, schema: TSchema, value: unknown, at = '') {
  const unknown = unknownFieldsIn(schema, value).map((pointer): Fault => ({
    pointer: `${at}${pointer}`,
    code: 'request.unknown_field',
  }))
  const faults = new Map(unknown.map((fault) => [fault.pointer, fault]))
  let detail: string | undefined
  for (const { keyword, instancePath, message, params } of validator.Errors(value) as Iterable<SchemaFault>) {
    if (faults.size >= faultsMax) break
    if (keyword === 'boolean') continue
    detail ??= `${instancePath} ${message}`.trim()
    const names = (params as { readonly requiredProperties?: readonly string[] }).requiredProperties
    const more = (params as { readonly additionalProperties?: readonly string[] }).additionalProperties
    const isUnknown = keyword === 'additionalProperties'
    const below = (isUnknown ? more : keyword === 'required' ? names : undefined)?.map((name) => `/${tokenOf(name)}`)
    for (const part of below ?? ['']) {
      const pointer = `${at}${instancePath}${part}`
      if (faults.has(pointer) || faults.size >= faultsMax) continue
      faults.set(pointer, { pointer, code: isUnknown ? 'request.unknown_field' : 'request.invalid' })
    }
  }
  const errors = [...faults.values()]
  const code: Fault['code'] = errors.some((fault) => fault.code === 'request.unknown_field')
    ? 'request.unknown_field'
    : 'request.invalid'
  return { code, errors, detail: unknown.length > 0 ? 'must not have additional properties' : detail }
}

const tokenOf = (name: string): string => escapePointer(name.slice(0, nameMax))

/** The fields that objects of a value have and their schemas do not name, the first few. */
function unknownFieldsIn(schema: TSchema, value: unknown): string[] {
  const found: string[] = []
  look(schema, value, '', found)
  return found
}
function look(shape: Shape, value: unknown, at: string, found: string[]): void {
  if (typeof value !== 'object' || value === null || found.length >= faultsMax) return
  if (shape.anyOf !== undefined) {
    const [meant, ...others] = shape.anyOf.filter((each) => isMeant(each, value))
    // Of several it cannot be said which one was meant.
    if (meant !== undefined && others.length === 0) look(meant, value, at, found)
    return
  }
  if (Array.isArray(value)) {
    const { items } = shape
    if (items !== undefined) for (const [i, item] of value.entries()) look(items, item, `${at}/${i}`, found)
    return
  }
  const { properties = {}, additionalProperties } = shape
  for (const [name, part] of Object.entries(value)) {
    if (found.length >= faultsMax) return
    if (Object.hasOwn(properties, name)) look(properties[name] as Shape, part, `${at}/${tokenOf(name)}`, found)
    else if (additionalProperties === false) found.push(`${at}/${tokenOf(name)}`)
  }
}
/** Whether an object or a list is of this alternative, by its kind and the words that tell alternatives apart. */
function isMeant({ type, properties = {} }: Shape, value: object): boolean {
  if (type !== (Array.isArray(value) ? 'array' : 'object')) return false
  return Object.entries(properties).every(
    ([name, { const: word }]) => word === undefined || (value as Readonly<Record<string, unknown>>)[name] === word,
  )
}
