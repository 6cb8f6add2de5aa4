/**
 * Chances beyond the own one: given by the host while entries are open, recorded one by one, capped as told, and taken
 * back with the order that gave them. Knows orders by their fact's name alone.
 */
import type { UserId } from '@qun/contract'
import { serveEndpoint, type Reaction } from '@qun/core'
import { chancesPerOrderMax, grantChance, luckyDraw } from './contract.ts'
import { isStaff, weightOf } from './rules.ts'
import { worksForHouse, type DrawCall } from './server-parts.ts'
import { addChance, chancesOfOrder, countChances, lockOrder, setWeight, takeChance } from './store-chances.ts'

/** [LD20] While it is, weights may change: afterwards the list is hashed, and everybody has seen the hash. */
const isOpen = ({ state, body, now }: DrawCall): boolean => state.phase === 'open' && now < (body.closesAt ?? 0)
/** What the person's entry, if there is one yet, counts from now on. */
async function weigh(card: DrawCall, most: number, userId: UserId): Promise<number> {
  const weight = weightOf(most, await countChances(card.tx, card, userId))
  await setWeight(card.tx, card, userId, weight)
  return weight
}

/** [LD20] Under the card's lock, and before it under that of the order [LD27]. */
export const grant = serveEndpoint(grantChance, async (call) => {
  const { groupId, seq, chanceId } = call.params
  const { userId, orderId = null } = call.body
  const order = orderId === null ? { isEnded: false } : await lockOrder(call.tx, call.appId, orderId)
  const card = await call.card(luckyDraw, { groupId, seq })
  const chances = (card.body as DrawCall['body'] | null)?.chances
  if (chances === undefined) return call.fail('draw.not_eligible')
  if (!isOpen(card)) call.fail('draw.closed')
  const member = await card.findMember(userId)
  if (member?.active !== true) return call.fail('draw.not_eligible')
  if (isStaff(member) || userId === card.senderId) call.fail('draw.staff_excluded')
  if (await worksForHouse(card, userId)) call.fail('draw.staff_excluded')
  if ((await call.findUser(userId))?.minor === true) call.fail('user.minor_restricted')
  if (order.isEnded) call.fail('draw.order_ended')
  const given = await addChance(call.tx, card, { chanceId, userId, orderId }, call.now)
  if (given.userId !== userId || given.orderId !== orderId) call.fail('draw.not_eligible')
  if (orderId !== null && (await chancesOfOrder(call.tx, call.appId, orderId)).length > chancesPerOrderMax)
    call.fail('draw.order_spent')
  return { weight: await weigh(card, chances.most, userId) }
})

/**
 * [LD27] [E-20] What an ended order gave goes back while entries are open. That it ended is kept whatever it gave: it
 * may be named only later.
 */
export const onOrder: Reaction = {
  name: 'lucky-draw.order',
  on: 'order.changed',
  async handle(call) {
    const { orderId, status } = call.fact.data as { orderId: string; status: string }
    if (status !== 'cancelled' && status !== 'refunded') return
    if ((await lockOrder(call.tx, call.appId, orderId, call.now)).isEnded) return
    for (const { groupId, seq, chanceId, userId } of await chancesOfOrder(call.tx, call.appId, orderId)) {
      const card = await call.card(luckyDraw, { groupId, seq })
      const chances = (card.body as DrawCall['body'] | null)?.chances
      // Recalled, it draws nothing any more.
      if (chances === undefined) continue
      const what = isOpen(card) ? ('taken' as const) : ('kept' as const)
      if (what === 'taken') {
        await takeChance(call.tx, card, chanceId, call.now)
        await weigh(card, chances.most, userId)
      }
      card.record('lucky-draw.chance-returned', { seq, userId, chanceId, orderId, what })
    }
  },
}
