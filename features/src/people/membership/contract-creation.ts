/** [C-M02] Who may make which groups, and how many: data that the host sets, and figures that the host tells. */
import {
  closed,
  defineEndpoint,
  MerchantIdSchema,
  nullable,
  oneOf,
  refusal,
  Type,
  UserIdSchema,
  type Static,
} from '@qun/contract'

const empty = closed({})
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
const Quota = Type.Integer({ minimum: 0, maximum: 100_000 })
/** Hundredths, so that it is never a fraction: 4.4 of 5 is 440. */
const Score = Type.Integer({ minimum: 0, maximum: 10_000, description: 'In hundredths: 440 is 4.4.' })

export const GroupKindSchema = oneOf('friends', 'merchant')
export type GroupKind = Static<typeof GroupKindSchema>
export const GroupPolicySchema = closed({
  /** Of the person for friends' groups, of the merchant for a merchant's. */
  followers: Type.Optional(Count),
  storeScore: Type.Optional(Score),
  verified: Type.Optional(Type.Literal(true)),
  /** Groups of the kind that one person owns at a time. */
  perPerson: Type.Optional(Quota),
  /** Groups of one merchant at a time. */
  perMerchant: Type.Optional(Quota),
})
export type GroupPolicy = Static<typeof GroupPolicySchema>

/** As the host told them. */
export interface Figures {
  readonly followers: number
  readonly storeScore: number
  readonly verified: boolean
}
/** A person's level, as the host told it: it lowers what they may make, and no more. */
export type Credit = 'low' | 'normal'

export const ConditionSchema = oneOf('followers', 'store-score', 'verified', 'person-quota', 'merchant-quota')
export const StandOf = closed({
  condition: ConditionSchema,
  have: Type.Integer({ description: 'What there is; of a quota, groups there are.' }),
  needed: Type.Integer({ description: 'What it takes; of a quota, the most there may be.' }),
  met: Type.Boolean(),
})
export type Stand = Static<typeof StandOf>
const Stands = closed({ conditions: Type.Array(StandOf) })

export const creationRefusals = {
  'group.creation_denied': refusal(
    403,
    'after-change',
    '还不满足建群条件',
    'The conditions for making a group are not met yet',
  ),
} as const

const ofMerchant = { by: 'staff', ability: 'manage', params: closed({ merchantId: MerchantIdSchema }) } as const
export const putGroupPolicy = defineEndpoint({
  name: 'groupPolicies.put',
  method: 'PUT',
  path: '/host/group-policies/:kind',
  doc: 'Who may make groups of a kind, and how many: of the app, or of one merchant, whose own policy then stands alone.',
  by: 'server',
  params: closed({ kind: GroupKindSchema }),
  body: closed({ merchantId: Type.Optional(MerchantIdSchema), policy: nullable(GroupPolicySchema) }),
  answer: empty,
  errors: ['merchant.not_found'],
})
export const listGroupPolicies = defineEndpoint({
  name: 'groupPolicies.list',
  method: 'GET',
  path: '/host/group-policies',
  doc: 'All that was set, the app’s own first; at most 200.',
  by: 'server',
  answer: closed({
    policies: Type.Array(
      closed({ kind: GroupKindSchema, merchantId: nullable(MerchantIdSchema), policy: GroupPolicySchema }),
    ),
  }),
})
const figures = {
  followers: Type.Optional(Count),
  storeScore: Type.Optional(Score),
  verified: Type.Optional(Type.Boolean()),
}
export const putPersonStanding = defineEndpoint({
  name: 'groupPolicies.putPerson',
  method: 'PUT',
  path: '/host/group-standing/users/:userId',
  doc: 'Tells a person’s figures, whole. A low credit level leaves them a quarter of the groups others may make.',
  by: 'server',
  params: closed({ userId: UserIdSchema }),
  body: closed({ ...figures, credit: Type.Optional(oneOf('low', 'normal')) }),
  answer: empty,
  errors: ['user.not_found'],
})
export const putMerchantStanding = defineEndpoint({
  name: 'groupPolicies.putMerchant',
  method: 'PUT',
  path: '/host/group-standing/merchants/:merchantId',
  doc: 'Tells a merchant’s figures, whole.',
  by: 'server',
  params: closed({ merchantId: MerchantIdSchema }),
  body: closed(figures),
  answer: empty,
  errors: ['merchant.not_found'],
})
export const myGroupPolicy = defineEndpoint({
  name: 'groupPolicies.mine',
  method: 'GET',
  path: '/me/group-policy',
  doc: 'What it takes to make a friends’ group, and how far the caller is.',
  by: 'user',
  answer: Stands,
})
export const merchantGroupPolicy = defineEndpoint({
  name: 'groupPolicies.ofMerchant',
  method: 'GET',
  path: '/me/merchants/:merchantId/group-policy',
  doc: 'What it takes to make a group of a merchant the caller manages, and how far it is.',
  ...ofMerchant,
  answer: Stands,
  errors: ['merchant.not_found', 'merchant.permission'],
})
