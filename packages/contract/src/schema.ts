/** The schema builder as this project uses it: objects are closed, so that a misspelt field is an error. */
import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox'

export { Type }
export type { Static, TObject, TProperties, TSchema }

/** An object that refuses fields it does not name (`request.unknown_field`). */
export function closed<P extends TProperties>(properties: P, options: object = {}): TObject<P> {
  return Type.Object(properties, { additionalProperties: false, ...options })
}
/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...words: W) {
  return Type.Unsafe<W[number]>(Type.Enum([...words]))
}
/** The most an `integer` column holds: what is above it could be asked for and never be there. */
export const int32Max = 2_147_483_647
/** Where a page of a list ended, as the server wrote it: room for three ids of the longest letters. */
export const CursorSchema = Type.String({ minLength: 1, maxLength: 600 })
/** A value or null. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}
