/** How a buyer show behaves, through a whole world: the badge follows the order, never the words. */
import { DAY, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { imageMessage, mediaOf, textMessage, uploadImage } from '../../words/message/contract.ts'
import { addMembers, removeMember } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message, { cardPictures } from '../../words/message/server.ts'
import { tell, teller } from '../../trade/order/fixtures.ts'
import { buyerShow, ordersToShow, type ShownPicture } from './contract.ts'
import withoutPictures, { createBuyerShow } from './server.ts'

const open = (feature = createBuyerShow({ pictures: cardPictures })) =>
  startWorld({ features: [message, membership, teller, feature], watching: ['li', 'zhao'] })
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

describe('pictures', () => {
  const unknown = `med_${'a'.repeat(32)}`
  const invalid = 'buyer_show.pictures_invalid'
  async function upload(world: World, name: string) {
    const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#b5651d' } })
      .jpeg()
      .toBuffer()
    const body = { bytes, contentType: 'image/jpeg' }
    return world.as(name).call(uploadImage, { params: { groupId: world.groupId }, body })
  }
  const shown = (world: World, name: string, ...pictures: ShownPicture[]) => show(world, name, undefined, { pictures })
  const read = (world: World, name: string, mediaId: string) =>
    refusalOf(world.as(name).call(mediaOf, { params: { groupId: world.groupId, mediaId }, query: {} }))

  test('[BS7] [PI7] own uploads and own posted pictures are shown, each once; what was never a picture is not', async () => {
    await using world = await open()
    const words = await world.as('li').post(world.groupId, textMessage, { text: '先说一句' })
    const { preview: _, ...image } = await upload(world, 'li')
    const { seq } = await world.as('li').post(world.groupId, imageMessage, image)
    const { mediaId: fresh } = await upload(world, 'li')
    expect(await refusalOf(shown(world, 'li', { mediaId: unknown }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId: unknown, seq: words.seq }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId: image.mediaId, seq: words.seq }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId: image.mediaId, seq: 9_999 }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId: fresh }, { mediaId: fresh }))).toBe(invalid)
    const posted = { mediaId: image.mediaId, seq }
    expect(await refusalOf(shown(world, 'li', posted, posted))).toBe(invalid)
    expect(await refusalOf(shown(world, 'zhao', posted))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId: fresh }, posted))).toBeNull()
  })
  test('[BS8] [PI6] [PI7] an upload is its uploader’s, and one show’s; a refused show takes none', async () => {
    await using world = await open()
    const { mediaId } = await upload(world, 'li')
    expect(await refusalOf(shown(world, 'zhao', { mediaId }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li', { mediaId }, { mediaId: unknown }))).toBe(invalid)
    expect(await read(world, 'zhao', mediaId)).toBe('media.not_found')
    const codes = await Promise.all([1, 2, 3].map(() => refusalOf(shown(world, 'li', { mediaId }))))
    expect(codes.toSorted()).toEqual([null, invalid, invalid].toSorted())
    const { preview: _, ...image } = await upload(world, 'li')
    await world.as('li').post(world.groupId, imageMessage, image)
    expect(await refusalOf(shown(world, 'li', { mediaId: image.mediaId }))).toBe(invalid)
  })
  test('[BS8] [PI4] who sees the show sees its pictures: not before it, not from outside, not who joined later', async () => {
    await using world = await open()
    const { groupId } = world
    const { mediaId } = await upload(world, 'li')
    expect(await read(world, 'li', mediaId)).toBeNull()
    expect(await read(world, 'zhao', mediaId)).toBe('media.not_found')
    await shown(world, 'li', { mediaId })
    expect(await read(world, 'zhao', mediaId)).toBeNull()
    expect(await read(world, 'zhou', mediaId)).toBe('group.not_found')
    const add = { params: { groupId }, body: { userIds: ['zhou' as UserId] } }
    await world.as('wang').call(addMembers, add)
    expect(await read(world, 'zhou', mediaId)).toBe('message.not_found')
    await world.as('wang').call(removeMember, { params: { groupId, userId: 'zhao' as UserId }, body: {} })
    expect(await read(world, 'zhao', mediaId)).toBe('group.not_found')
    // Shown again after they joined, with a show they see.
    const { messages } = await world.core.history(world.as('li').principal, groupId, {})
    const { seq } = messages.find((one) => one.kind === buyerShow.kind)!
    await shown(world, 'li', { mediaId, seq })
    expect(await read(world, 'zhou', mediaId)).toBeNull()
  })
  test('[BS8] [PI4] a recalled show’s pictures are gone, unless another message shows them', async () => {
    await using world = await open()
    const { mediaId: fresh } = await upload(world, 'li')
    const { preview: _, ...image } = await upload(world, 'li')
    const { seq } = await world.as('li').post(world.groupId, imageMessage, image)
    const at = await shown(world, 'li', { mediaId: fresh }, { mediaId: image.mediaId, seq })
    await world.as('li').recall(at)
    expect(await read(world, 'li', fresh)).toBe('media.not_found')
    expect(await read(world, 'zhao', fresh)).toBe('media.not_found')
    expect(await read(world, 'zhao', image.mediaId)).toBeNull()
  })
  test('[BS8] [PI5] the upload of a form that was left is gone after a day; a shown one stays', async () => {
    await using world = await open()
    const [left, kept] = [await upload(world, 'li'), await upload(world, 'li')]
    await shown(world, 'li', { mediaId: kept.mediaId })
    world.time.moveTo(world.time.now() + DAY)
    await world.settle()
    expect(await refusalOf(shown(world, 'li', { mediaId: left.mediaId }))).toBe(invalid)
    await upload(world, 'li') // Sweeps.
    expect(await read(world, 'li', left.mediaId)).toBe('media.not_found')
    expect(await read(world, 'li', kept.mediaId)).toBeNull()
  })
  test('[BS7] what somebody posted before they left is no longer theirs to show, as they do not see it there', async () => {
    await using world = await open()
    const { groupId } = world
    const { preview: _, ...image } = await upload(world, 'li')
    const { seq } = await world.as('li').post(groupId, imageMessage, image)
    const li = 'li' as UserId
    await world.as('wang').call(removeMember, { params: { groupId, userId: li }, body: {} })
    await world.as('wang').call(addMembers, { params: { groupId }, body: { userIds: [li] } })
    expect(await refusalOf(shown(world, 'li', { mediaId: image.mediaId, seq }))).toBe(invalid)
  })
  test('[BS7] a shop that keeps no pictures shows none', async () => {
    await using world = await open(withoutPictures)
    const { mediaId } = await upload(world, 'li')
    expect(await refusalOf(shown(world, 'li', { mediaId }))).toBe(invalid)
    expect(await refusalOf(shown(world, 'li'))).toBeNull()
  })
})
