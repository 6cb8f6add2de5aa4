/** Cursors of lists: where a page ended, as text. One decoder for all of them, which refuses what it did not make. */
import { refuse, Type, type Static, type TSchema } from '@qun/contract'
import { Compile } from 'typebox/compile'

/** What PostgreSQL cannot be asked for: NUL, and halves of characters. */
const isAskable = (part: unknown): boolean => typeof part !== 'string' || (part.isWellFormed() && !part.includes('\0'))

export interface Cursor<Place> {
  write(place: Place): string
  /** Refuses `cursor.invalid`. */
  read(text: string): Place
  /** The same of a cursor that may be left out. */
  readIf(text: string | undefined): Place | undefined
}

/** [I4] The cursor of a list: the columns it is sorted by, each with the range its column has. */
export function defineCursor<const Parts extends TSchema[]>(...parts: Parts): Cursor<CursorPlace<Parts>> {
  type Place = CursorPlace<Parts>
  // Compiled here, at start: a list is asked for more often than it is defined.
  const validator = Compile(Type.Tuple(parts as TSchema[]))
  const write = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url')
  const read = (text: string): Place => {
    let place: unknown
    try {
      place = JSON.parse(Buffer.from(text, 'base64url').toString())
    } catch {
      throw refuse('cursor.invalid')
    }
    const isOurs = validator.Check(place) && (place as unknown[]).every(isAskable)
    // Written again it must be the same: no other spelling of a number, no blanks, nothing behind.
    if (!isOurs || write(place as Place) !== text) throw refuse('cursor.invalid')
    return place as Place
  }
  return { write, read, readIf: (text) => (text === undefined ? undefined : read(text)) }
}
export type CursorPlace<Parts extends readonly TSchema[]> = { readonly [K in keyof Parts]: Static<Parts[K]> }
