/** Compiles contract schemas into checks that refuse with JSON pointers; knows no route. */
import { faultsOf, refuse, type Refusal, type TSchema } from '@qun/contract'
import { Compile, type Validator } from 'typebox/compile'

/** Returns the value as the schema reads it, or refuses `request.invalid` / `request.unknown_field`. */
export type Check = (value: unknown) => unknown

/** A check of a JSON body, compiled when first needed: a server has hundreds of schemas and a day uses a few. */
export function bodyCheck(schema: TSchema): Check {
  let validator: Validator | undefined
  return (value) => {
    validator ??= Compile(schema) as Validator
    if (!validator.Check(value)) throw refusalOfFaults(validator, schema, value)
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

function refusalOfFaults(validator: Validator, schema: TSchema, value: unknown): Refusal {
  const { code, errors, detail } = faultsOf(validator, schema, value)
  return refuse(code, { errors, ...(detail === undefined ? {} : { detail }) })
}
