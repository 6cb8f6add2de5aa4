/** A value that fits a schema: enough of JSON Schema for the contracts of this product. For tests. */
import type { TSchema } from '@qun/contract'

interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly properties?: Record<string, Shape>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly minItems?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly pattern?: string
}

/** Texts tried against a pattern, most likely first. */
const texts = [
  'li',
  'grp_000000',
  'group/grp_000000',
  'abcdefgh',
  'Ab3dEf7hIj',
  'shop.1a2b3c',
  '2026-01-01',
  'member-day',
  '0123456789abcdef0123456789abcdef',
  '👍',
  'https://shop.example/a',
  'enter',
]

/** The smallest fitting value: only required fields. Throws when it cannot think of one. */
export function sampleOf(schema: TSchema | undefined): unknown {
  return schema === undefined ? undefined : sample(schema)
}

function sample(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const
  if (shape.enum !== undefined) return shape.enum[0]
  if (shape.anyOf !== undefined) return sample(shape.anyOf[0]!)
  switch (shape.type) {
    case 'object':
      return Object.fromEntries((shape.required ?? []).map((name) => [name, sample(shape.properties![name]!)]))
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => sample(shape.items!))
    case 'string':
      return sampleText(shape)
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 1, 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return {}
  }
}

function sampleText(shape: Shape): string {
  if (shape.pattern === undefined) return 'text'.padEnd(shape.minLength ?? 0, 'x')
  const pattern = new RegExp(shape.pattern, 'u')
  const prefix = /^\^([a-z]+_)/.exec(shape.pattern)?.[1] ?? ''
  for (const length of [6, 8, 10, 16, 20, 22, 24, 26, 32, 40, 43, 64]) {
    const candidates = [
      ...texts,
      `${prefix}${'0'.repeat(length)}`,
      `${prefix}${'a'.repeat(length)}`,
      `${prefix}${'A'.repeat(length)}`,
    ]
    const fitting = candidates.find((text) => pattern.test(text) && text.length >= (shape.minLength ?? 0))
    if (fitting !== undefined) return fitting
  }
  throw new Error(`no sample for the pattern ${shape.pattern}`)
}
