/** [MER1] Staff who manage, over those of their merchant and of what belongs to it, from their own client. */
import { refuse, type Ability, type UserId } from '@qun/contract'
import {
  abilitiesAt,
  countStaff,
  knownMerchant,
  listStaff,
  putMerchant,
  serveEndpoint,
  setStaff,
  type Call,
  type Staff,
} from '@qun/core'
import { merchantStaff, myStaff, nameMyMerchant, putMyStaff, removeMyStaff, staffMax } from './contract.ts'

export const pageDefault = 50
/** A page of rows of which one more was read. */
export const pageOf = <T>(rows: readonly T[], limit: number) => ({
  shown: rows.slice(0, limit),
  more: rows.length > limit,
})
export const viewOfStaff = (one: Staff) => ({ ...one, userId: one.userId as UserId, abilities: [...one.abilities] })

interface Work {
  readonly post: string
  readonly abilities: readonly Ability[]
}
export async function employ(
  call: Call,
  of: { readonly merchantId: string; readonly userId: UserId },
  work: Work | null,
): Promise<{}> {
  const { merchantId, userId } = of
  const { name } = await knownMerchant(call, merchantId)
  await setStaff(call, of, work)
  call.putUserRecord(userId, merchantStaff, merchantId, work === null ? null : { name, ...work })
  call.recordForApp('merchant.staff-set', {
    ...of,
    post: work?.post ?? null,
    abilities: work?.abilities ?? [],
  })
  return {}
}
/** What somebody does for this very merchant. */
async function workOf(call: Call, { merchantId, userId }: { merchantId: string; userId: UserId }) {
  return abilitiesAt(call, [merchantId], userId)
}

const mine = serveEndpoint(myStaff, async (call) => {
  const { merchantId, path } = await knownMerchant(call, call.params.merchantId)
  const { after = '', limit = pageDefault } = call.query
  const { shown, more } = pageOf(await listStaff(call, { merchantId, after, limit: limit + 1 }), limit)
  const people = await call.findUsers(shown.map(({ userId }) => userId as UserId))
  const held = (await abilitiesAt(call, path, call.actorId)) ?? new Set()
  const staff = shown.map((one) => ({
    ...viewOfStaff(one),
    name: people.get(one.userId as UserId)?.name ?? one.userId,
  }))
  return { staff, more, held: [...held] }
})
const putMine = serveEndpoint(putMyStaff, async (call) => {
  const { params, body, actorId } = call
  if ((await call.findUser(params.userId)) === undefined) throw refuse('user.not_found')
  const { path } = await knownMerchant(call, params.merchantId)
  const held = (await abilitiesAt(call, path, actorId)) ?? new Set()
  const before = await workOf(call, params)
  // What somebody has of others they may keep: it is not given here.
  if (body.abilities.some((ability) => !held.has(ability) && before?.has(ability) !== true))
    call.fail('merchant.ability_missing')
  if (before === undefined && (await countStaff(call, params.merchantId, staffMax)) >= staffMax)
    call.fail('merchant.staff_full')
  return employ(call, params, body)
})
const removeMine = serveEndpoint(removeMyStaff, async (call) =>
  (await workOf(call, call.params)) === undefined ? {} : employ(call, call.params, null),
)
const nameMine = serveEndpoint(nameMyMerchant, async (call) => {
  const { merchantId, path } = await knownMerchant(call, call.params.merchantId)
  const parentId = path[1]
  await putMerchant(call, { merchantId, name: call.body.name, ...(parentId === undefined ? {} : { parentId }) })
  return {}
})
export const staffEndpoints = [mine, putMine, removeMine, nameMine]
