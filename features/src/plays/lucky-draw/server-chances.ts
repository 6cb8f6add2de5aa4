/** Chances beyond the own one: given by the host while entries are open, recorded one by one, and capped as told. */
import { serveEndpoint } from '@qun/core'
import { grantChance, luckyDraw } from './contract.ts'
import { isStaff, weightOf } from './rules.ts'
import { addChance, countChances, setWeight } from './store.ts'

/** [LD20] Under the card's lock: no weight changes once the list is hashed. */
export const grant = serveEndpoint(grantChance, async (call) => {
  const { groupId, seq, chanceId } = call.params
  const { userId } = call.body
  const card = await call.card(luckyDraw, { groupId, seq })
  const { chances, closesAt } = card.body
  if (chances === undefined) return call.fail('draw.not_eligible')
  if (card.state.phase !== 'open' || call.now >= (closesAt ?? 0)) call.fail('draw.closed')
  const member = await card.findMember(userId)
  if (member?.active !== true) return call.fail('draw.not_eligible')
  if (isStaff(member) || userId === card.senderId) call.fail('draw.staff_excluded')
  if ((await call.findUser(userId))?.minor === true) call.fail('user.minor_restricted')
  const place = { appId: call.appId, groupId, seq }
  if ((await addChance(call.tx, place, { chanceId, userId }, call.now)) !== userId) call.fail('draw.not_eligible')
  const weight = weightOf(chances.most, await countChances(call.tx, place, userId))
  await setWeight(call.tx, place, userId, weight)
  return { weight }
})
