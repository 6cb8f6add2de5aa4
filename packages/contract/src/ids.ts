/** Branded identifiers and how they look on the wire; knows nothing of storage. */
import { Type } from 'typebox'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type AppId = Branded<'AppId'>
export type GroupId = Branded<'GroupId'>
/** The host's own id of a person: any text of 1–64 visible characters, unique within its app. */
export type UserId = Branded<'UserId'>
/** Chosen by the sender, unique for ever per sender and group: the key that makes a retry harmless. */
export type ClientId = Branded<'ClientId'>

/**
 * A user id must survive URLs, logs and SQL text: visible ASCII or letters (some are not to be seen, and are none
 * here), no controls, no slash.
 */
export const userIdPattern = '^(?:[0-9_.:@|~+=-]|(?!\\p{Default_Ignorable_Code_Point})\\p{L}){1,64}$'
export const groupIdPattern = '^grp_[0-9a-z]{6,40}$'
export const clientIdPattern = '^[A-Za-z0-9_.:-]{1,64}$'

export const UserIdSchema = Type.Unsafe<UserId>(
  Type.String({ minLength: 1, maxLength: 64, pattern: userIdPattern, description: "The host's id of a person." }),
)
export const GroupIdSchema = Type.Unsafe<GroupId>(Type.String({ pattern: groupIdPattern, description: 'A group 群.' }))
export const ClientIdSchema = Type.Unsafe<ClientId>(
  Type.String({ pattern: clientIdPattern, description: "The sender's key of this request; a retry repeats it." }),
)
/** Of a key of an app, never secret: `shop.1a2b3c`; an API key is `qsk_<keyId>_<secret>`. */
export const KeyIdSchema = Type.String({ pattern: '^[a-z][a-z0-9-]{1,39}\\.[0-9a-f]{4,64}$' })
/** 1-based, gap-free position of a message in its group. */
export const SeqSchema = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** A position, or 0 for before the first. */
export const PlaceSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
/** A stream's change counter; 0 is the empty stream. */
export const VersionSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
