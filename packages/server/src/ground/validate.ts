/** Compiles contract schemas into checks that refuse with JSON pointers; knows no route. */
import { refuse, type Refusal, type TSchema } from '@qun/contract'
import { Compile, type Validator } from 'typebox/compile'
import { escapePointer } from './json.ts'

/** Returns the value as the schema reads it, or refuses `request.invalid` / `request.unknown_field`. */
export type Check = (value: unknown) => unknown

interface Fault {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: {
    readonly additionalProperties?: readonly string[]
    readonly requiredProperties?: readonly string[]
  }
}

/** A check of a JSON body, compiled when first needed: a server has hundreds of schemas and a day uses a few. */
export function bodyCheck(schema: TSchema): Check {
  let validator: Validator | undefined
  return (value) => {
    validator ??= Compile(schema) as Validator
    if (!validator.Check(value)) throw refusalOfFaults(validator, value)
    return value
  }
}

type Property = { readonly type?: string; readonly default?: unknown }

/** A check of path or query parts: they are text, so numbers and booleans are read from it, defaults filled in. */
export function textCheck(schema: TSchema): Check {
  const check = bodyCheck(schema)
  const properties = Object.entries((schema as { properties?: Record<string, Property> }).properties ?? {})
  return (value) => {
    const parts: Record<string, unknown> = { ...(value as object) }
    for (const [name, property] of properties) {
      const part = parts[name]
      if (part === undefined && property.default !== undefined) parts[name] = property.default
      else if (typeof part === 'string') parts[name] = readPart(part, property.type)
    }
    return check(parts)
  }
}

function readPart(text: string, type: string | undefined): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d{1,17}(\.\d{1,17})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** At most this many faults are reported: enough to mend a form, too few to be a burden. */
const faultsMax = 10

function refusalOfFaults(validator: Validator, value: unknown): Refusal {
  const errors: { pointer: string; code: 'request.invalid' | 'request.unknown_field' }[] = []
  let detail: string | undefined
  for (const fault of validator.Errors(value) as Iterable<Fault>) {
    if (errors.length >= faultsMax) break
    const at = fault.instancePath
    const below = (name: string) => `${at}/${escapePointer(name.slice(0, 100))}`
    if (fault.keyword === 'boolean') continue
    detail ??= `${at} ${fault.message}`.trim()
    if (fault.keyword === 'additionalProperties') {
      for (const name of (fault.params.additionalProperties ?? []).slice(0, faultsMax)) {
        errors.push({ pointer: below(name), code: 'request.unknown_field' })
      }
    } else if (fault.keyword === 'required') {
      for (const name of fault.params.requiredProperties ?? [])
        errors.push({ pointer: below(name), code: 'request.invalid' })
    } else errors.push({ pointer: at, code: 'request.invalid' })
  }
  const unknown = errors.some((error) => error.code === 'request.unknown_field')
  return refuse(unknown ? 'request.unknown_field' : 'request.invalid', {
    errors,
    ...(detail === undefined ? {} : { detail }),
  })
}
