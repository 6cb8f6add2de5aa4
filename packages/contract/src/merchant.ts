/** Merchants 商家: who stands behind groups and gives, and what its staff may do; knows nothing of storage. */
import { Type, type Static } from 'typebox'
import { closed, oneOf } from './schema.ts'

/** Platform → merchant → store 门店: a merchant, and those it belongs to. */
export const merchantDepthMax = 4

export const MerchantIdSchema = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  description: 'The host’s own id of a merchant 商家.',
})
/**
 * What a post 岗位 of a merchant allows: to speak as the shop, to keep order, to give its value (points, coupons,
 * prizes, prices), to send to many, to read figures, to manage staff and settings.
 */
export const AbilitySchema = oneOf('talk-as', 'moderate', 'issue', 'campaign', 'read-numbers', 'manage')
export type Ability = Static<typeof AbilitySchema>

/** [MER7] The shop that a message is spoken as. Who wrote it stands beside, as its sender. */
export const SpokenAs = closed({ merchantId: MerchantIdSchema, name: Type.String({ description: 'As it was then.' }) })
export type SpokenAs = Static<typeof SpokenAs>
/** Asks for it; whether it may be, and as which shop, the engine decides. */
export const SpeakAs = Type.Literal(true, { description: 'Speak as the shop one works for 以店铺身份发言.' })
/**
 * [MER7] What a sender is called wherever words are shown: 山茶咖啡 · 小林 for who speaks as the shop, and the shop alone
 * for the host in its own name, which is nobody.
 */
export function spokenName(name: string, as: SpokenAs | undefined): string {
  if (name === '' && as !== undefined) return as.name
  return as === undefined ? name : `${as.name} · ${name}`
}

/**
 * Whose value a card moves: nobody's, what the poster holds, or what the merchant behind the group issues. The last is
 * posted by the merchant's staff with `issue` alone, in its own groups.
 */
export type Gives = 'nothing' | 'own' | 'issued'
