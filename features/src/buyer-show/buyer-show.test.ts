/** How a buyer show behaves, through a whole world: the badge follows the order, never the words. */
import { refusalOf, startWorld, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { textMessage } from '../message/contract.ts'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import { buyerShow, ordersToShow } from './contract.ts'
import feature from './server.ts'

const open = () => startWorld({ features: [message, membership, teller, feature], watching: ['li', 'zhao'] })
async function order(world: World, orderId: string, userId: string, status: string, at = world.time.now()) {
  const items = [{ title: '古吉 200 克', quantity: 1 }]
  await world.asServer().call(tell, { body: { orderId, userId, shopId: 's1', status, at, items } })
  await world.settle()
}
const show = (world: World, name: string, orderId?: string, more: object = {}) =>
  world
    .as(name)
    .post(world.groupId, buyerShow, { text: '杏子味很明显', ...(orderId === undefined ? {} : { orderId }), ...more })

test('[BS1] [BS6] a paid order of one’s own gives the badge; no order gives none', async () => {
  await using world = await open()
  await order(world, 'o1', 'li', 'paid')
  const at = await show(world, 'li', 'o1', { stars: 5 })
  expect(await world.read(at, buyerShow)).toEqual({ verified: true, items: [{ title: '古吉 200 克' }], likeCount: 0 })
  expect((await world.read(await show(world, 'li'), buyerShow)).verified).toBe(false)
  expect((await world.as('li').call(ordersToShow)).orders.map((one) => one.orderId)).toEqual(['o1'])
  expect((await world.as('zhao').call(ordersToShow)).orders).toEqual([])
})
test('[BS2] somebody else’s order is answered like none at all', async () => {
  await using world = await open()
  await order(world, 'o1', 'li', 'received')
  expect(await refusalOf(show(world, 'zhao', 'o1'))).toBe('buyer_show.order_unknown')
  expect(await refusalOf(show(world, 'zhao', 'o9'))).toBe('buyer_show.order_unknown')
})
test('[BS3] an order is shown once, also at the same instant, and again after a recall', async () => {
  await using world = await open()
  await order(world, 'o1', 'li', 'paid')
  const codes = await Promise.all([1, 2, 3].map(() => refusalOf(show(world, 'li', 'o1'))))
  expect(codes.toSorted()).toEqual([null, 'buyer_show.shown', 'buyer_show.shown'].toSorted())
  const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
  const posted = messages.find((one) => one.kind === buyerShow.kind)!
  await world.as('li').recall({ groupId: world.groupId, seq: posted.seq })
  expect(await refusalOf(show(world, 'li', 'o1'))).toBe(null)
})
test('[BS4] a refund takes the badge and leaves the words', async () => {
  await using world = await open()
  await order(world, 'o1', 'li', 'paid')
  const at = await show(world, 'li', 'o1')
  await world.pass(1_000)
  await order(world, 'o1', 'li', 'refunded')
  expect((await world.read(at, buyerShow)).verified).toBe(false)
  // A late telling of what was before changes nothing.
  await order(world, 'o1', 'li', 'received', world.time.now() - 500)
  expect((await world.as('li').call(ordersToShow)).orders).toEqual([])
  const { message: kept } = await world.core.message(world.as('li').principal, world.groupId, at.seq)
  expect(kept.body).toMatchObject({ text: '杏子味很明显' })
})
test('[BS5] likes of many at once are counted once each', async () => {
  await using world = await open()
  const at = await show(world, 'li')
  const like = (name: string, on = true) => world.as(name).act(at, buyerShow, 'like', { on })
  await Promise.all([like('zhao'), like('zhao'), like('sun'), like('he'), like('li')])
  expect((await world.read(at, buyerShow)).likeCount).toBe(4)
  await Promise.all([like('zhao', false), like('zhao', false), like('wang', false)])
  expect((await world.read(at, buyerShow)).likeCount).toBe(3)
})
const mediaId = `med_${'a'.repeat(32)}`
test('[BS7] only what one may see is shown', async () => {
  await using world = await open()
  const words = await world.as('li').post(world.groupId, textMessage, { text: '先说一句' })
  expect(await refusalOf(show(world, 'li', undefined, { pictures: [{ seq: words.seq, mediaId }] }))).toBe(null)
  expect(await refusalOf(show(world, 'li', undefined, { pictures: [{ seq: 9_999, mediaId }] }))).toBe(
    'buyer_show.pictures_invalid',
  )
})
