/** A synced row that is not a message: everybody in a group sees a group record, one person a user record. */
import type { Static, TSchema } from 'typebox'

export interface SyncedRecord<Body extends TSchema = TSchema> {
  /** `feature` or `feature-part`; with `key` it names the row within its stream. */
  readonly kind: string
  readonly stream: 'group' | 'user'
  readonly doc: string
  readonly body: Body
}
export function defineRecord<const Body extends TSchema>(record: SyncedRecord<Body>): SyncedRecord<Body> {
  return record
}
export type RecordBodyOf<R> = R extends SyncedRecord<infer B> ? Static<B> : never
