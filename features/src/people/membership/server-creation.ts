/** [C-M02] Whether a group may be made: the policy, the figures, and how many there are. */
import { refuse, type AppId, type RequestOf, type UserId } from '@qun/contract'
import { knownMerchant, serveEndpoint, type Call } from '@qun/core'
import {
  listGroupPolicies,
  merchantGroupPolicy,
  myGroupPolicy,
  putGroupPolicy,
  putMerchantStanding,
  putPersonStanding,
  type Figures,
  type GroupKind,
  type Stand,
} from './contract.ts'
import { standsOf } from './rules-creation.ts'
import {
  countOfMerchant,
  countOwned,
  findPolicy,
  findStanding,
  listPolicies,
  putPolicy,
  putStanding,
} from './store-creation.ts'

const policiesMax = 200

type Asking = Pick<Call, 'tx'> & { readonly appId: AppId }
/** How far a person, or a merchant, is from what it takes. */
async function standsFor({ tx, appId }: Asking, userId: UserId, merchantId: string | undefined): Promise<Stand[]> {
  const kind: GroupKind = merchantId === undefined ? 'friends' : 'merchant'
  const policy = await findPolicy(tx, appId, { kind, merchantId })
  if (Object.keys(policy).length === 0) return []
  const person = await findStanding(tx, appId, { userId })
  const { figures } = merchantId === undefined ? person : await findStanding(tx, appId, { merchantId })
  const { perPerson, perMerchant } = policy
  const owned = perPerson === undefined ? 0 : await countOwned(tx, appId, userId, kind)
  const counts = merchantId !== undefined && perMerchant !== undefined
  const ofMerchant = counts ? await countOfMerchant(tx, appId, merchantId, perMerchant) : 0
  return standsOf(kind, policy, { figures, credit: person.credit, owned, ofMerchant })
}
/**
 * [C-M02] Refuses `group.creation_denied` with every condition that is not met, and how far it is. The person's other
 * creations wait by now; the merchant's, too: the engine holds it for staff who decide.
 */
export async function checkCreation(call: Call, userId: UserId, merchantId: string | undefined): Promise<void> {
  const missing = (await standsFor(call, userId, merchantId)).filter(({ met }) => !met)
  if (missing.length === 0) return
  const errors = missing.map(({ condition, have, needed }) => ({
    pointer: `/conditions/${condition}`,
    code: `group.creation.${condition}`,
    have,
    needed,
  }))
  call.fail('group.creation_denied', { errors })
}

const setPolicy = serveEndpoint(putGroupPolicy, async (call) => {
  const { merchantId = '', policy } = call.body
  if (merchantId !== '') await knownMerchant(call, merchantId)
  await putPolicy(call.tx, call.appId, { kind: call.params.kind, merchantId }, policy)
  return {}
})
const policies = serveEndpoint(listGroupPolicies, async (call) => {
  const stored = await listPolicies(call.tx, call.appId, policiesMax)
  return { policies: stored.map((one) => ({ ...one, merchantId: one.merchantId === '' ? null : one.merchantId })) }
})
const figuresOf = (told: RequestOf<typeof putMerchantStanding>): Figures => ({
  followers: told.followers ?? 0,
  storeScore: told.storeScore ?? 0,
  verified: told.verified ?? false,
})
const tellPerson = serveEndpoint(putPersonStanding, async (call) => {
  const { userId } = call.params
  if ((await call.findUser(userId)) === undefined) throw refuse('user.not_found')
  const { credit = 'normal' } = call.body
  await putStanding(call.tx, call.appId, { userId }, { figures: figuresOf(call.body), credit })
  return {}
})
const tellMerchant = serveEndpoint(putMerchantStanding, async (call) => {
  const { merchantId } = call.params
  await knownMerchant(call, merchantId)
  await putStanding(call.tx, call.appId, { merchantId }, { figures: figuresOf(call.body), credit: 'normal' })
  return {}
})
const mine = serveEndpoint(myGroupPolicy, async (call) => ({
  conditions: await standsFor(call, call.actorId, undefined),
}))
const ofMerchant = serveEndpoint(merchantGroupPolicy, async (call) => ({
  conditions: await standsFor(call, call.actorId, call.params.merchantId),
}))
export const creationEndpoints = [setPolicy, policies, tellPerson, tellMerchant, mine, ofMerchant]
