/** Where a request holds numbers, and what becomes of it when one is replaced. For tests. */
import type { TSchema } from '@qun/contract'
import { Compile } from 'typebox/compile'
import { sampleOf } from './samples.ts'

interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly minimum?: number
  readonly maximum?: number
}
/** One number: what bounds it, and the value it is part of with another in its stead. */
export interface NumberPlace {
  readonly at: string
  readonly shape: Shape
  /** Whether something else fits there, too: null, a text. */
  readonly fits: (value: unknown) => boolean
  readonly put: (value: unknown) => unknown
}

const sampled = (schema: Shape): unknown => {
  try {
    return sampleOf(schema)
  } catch {
    return undefined
  }
}
const isFitting = (shape: Shape, value: unknown): boolean => Compile(shape as TSchema).Check(value)
/** A number as JSON writes it, also one that no JavaScript number is. */
export class Literal {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** All numbers of a value of a schema; what may be left out and was is made up. */
export function numbersOf(schema: TSchema | undefined, value: unknown): NumberPlace[] {
  return schema === undefined ? [] : placesIn(schema, { value, at: '', whole: schema, put: (v) => v })
}
interface Spot {
  readonly value: unknown
  readonly at: string
  /** The schema of this very place, with its alternatives. */
  readonly whole: Shape
  readonly put: (value: unknown) => unknown
}
function placesIn(shape: Shape, spot: Spot): NumberPlace[] {
  const { value, at, whole, put } = spot
  if (shape.anyOf !== undefined) {
    const able = shape.anyOf.filter((each) => value === undefined || isFitting(each, value) || isNumber(each))
    return able.flatMap((each) => placesIn(each, { ...spot, whole }))
  }
  if (isNumber(shape)) {
    const check = Compile(whole as TSchema)
    return [{ at, shape, fits: (one) => check.Check(one), put }]
  }
  if (shape.type === 'array' && shape.items !== undefined) {
    const list = Array.isArray(value) && value.length > 0 ? (value as unknown[]) : [sampled(shape.items)]
    const { items } = shape
    const inItem = (one: unknown) => put([one, ...list.slice(1)])
    return placesIn(items, { value: list[0], at: `${at}/0`, whole: items, put: inItem })
  }
  if (shape.properties === undefined) return []
  const object = (typeof value === 'object' && value !== null ? value : sampled(shape)) as Record<string, unknown>
  return Object.entries(shape.properties).flatMap(([name, inner]) =>
    placesIn(inner, {
      value: object?.[name],
      at: `${at}/${name}`,
      whole: inner,
      put: (one) => put({ ...object, [name]: one }),
    }),
  )
}
const isNumber = ({ type }: Shape): boolean => type === 'integer' || type === 'number'

/** What is tried in the place of a number. */
export function triesFor({ shape }: NumberPlace): unknown[] {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = shape
  const huge = ['-9223372036854775808', '9223372036854775808', '18446744073709551616', '1e19']
  return [
    ...huge.map((text) => new Literal(text)),
    ...new Set([-1, 0, minimum - 1, minimum, maximum, maximum + 1, 2 ** 31, 2 ** 53, 1.5]),
    '7',
    null,
  ]
}
export function textWith(value: unknown): string {
  const marks: string[] = []
  const text = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Literal ? `\u{1F522}${marks.push(part.text) - 1}\u{1F522}` : part,
  )
  return text.replaceAll(/"\u{1F522}(\d+)\u{1F522}"/gu, (_, n: string) => marks[Number(n)]!)
}
/** The value as it is read. */
export const readOf = (value: unknown): unknown => (value instanceof Literal ? Number(value.text) : value)
