/** A schema as a person reads it: the shape of a value in the notation of TypeScript, with limits and remarks. */
import type { TSchema } from '@qun/contract'

interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly description?: string
  readonly default?: unknown
  readonly contentMediaType?: string
  readonly patternProperties?: Readonly<Record<string, Shape>>
}

/** Several lines, indented by two spaces per level. */
export function schemaText(schema: TSchema): string {
  return write(schema, '')
}

function write(shape: Shape, indent: string): string {
  if (shape.contentMediaType !== undefined) return 'bytes'
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (shape.anyOf !== undefined) return shape.anyOf.map((part) => write(part, indent)).join(' | ')
  switch (shape.type) {
    case 'object':
      return writeObject(shape, indent)
    case 'array': {
      const item = write(shape.items ?? {}, indent)
      return `${item.includes(' | ') && !item.startsWith('{') ? `(${item})` : item}[]${range('items', shape.minItems, shape.maxItems)}`
    }
    case 'string':
      return `string${range('characters', shape.minLength, shape.maxLength)}${shape.pattern === undefined ? '' : ` /${shape.pattern}/`}`
    case 'integer':
    case 'number':
      return `${shape.type}${range('', shape.minimum, shape.maximum)}`
    case undefined:
      return 'any'
    default:
      return shape.type
  }
}

function writeObject(shape: Shape, indent: string): string {
  const required = new Set(shape.required ?? [])
  const inner = `${indent}  `
  const named = Object.entries(shape.properties ?? {})
  const open = Object.values(shape.patternProperties ?? {})
  if (named.length === 0 && open.length === 0) return '{}'
  const lines = [
    ...named.map(
      ([name, property]) =>
        `${inner}${name}${required.has(name) ? '' : '?'}: ${write(property, inner)}${remark(property)}`,
    ),
    ...open.map((property) => `${inner}[key]: ${write(property, inner)}${remark(property)}`),
  ]
  return `{\n${lines.join('\n')}\n${indent}}`
}

function remark(shape: Shape): string {
  const parts = [
    shape.description,
    shape.default === undefined ? undefined : `Default ${JSON.stringify(shape.default)}.`,
  ]
  const text = parts.filter((part) => part !== undefined).join(' ')
  return text === '' ? '' : `  // ${text}`
}

/** ` 1–40 characters`; nothing for limits that only keep numbers exact. */
function range(unit: string, least: number | undefined, most: number | undefined): string {
  const isWide = most !== undefined && most >= 2_147_483_647
  const low = least === undefined || (least === 0 && unit !== '') ? undefined : least
  const high = isWide ? undefined : most
  if (low === undefined && high === undefined) return ''
  const text =
    low === undefined ? `≤ ${high}` : high === undefined ? `≥ ${low}` : low === high ? `${low}` : `${low}–${high}`
  return ` (${text}${unit === '' ? '' : ` ${unit}`})`
}
