/** Which pictures prove a check-in, through a whole world; the pictures are those the message feature keeps. */
import { DAY, type GroupId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import { imageMessage, uploadImage } from '../../words/message/contract.ts'
import message, { cardPictures } from '../../words/message/server.ts'
import { checkIn, type CheckInBody } from './contract.ts'
import withoutPictures, { createCheckIn } from './server.ts'

const open = (feature = createCheckIn({ pictures: cardPictures })) =>
  startWorld({ features: [message, membership, feature], watching: ['wang', 'li'] })
const start = (world: World, proof: CheckInBody['proof'] = 'photo', groupId = world.groupId) =>
  world.as('wang').post(groupId, checkIn, {
    ...{ title: '每天一张', opens: 0, closes: 1_440, mode: 'cumulative', milestones: [{ days: 1, points: 5 }] },
    ...{ proof, makeUps: 0, leaderboard: false },
  })
async function upload(world: World, name: string, groupId: GroupId = world.groupId) {
  const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#b5651d' } })
    .jpeg()
    .toBuffer()
  const { preview: _, ...image } = await world
    .as(name)
    .call(uploadImage, { params: { groupId }, body: { bytes, contentType: 'image/jpeg' } })
  return image
}
const check = (world: World, name: string, at: At, input: object) =>
  refusalOf(world.as(name).act(at, checkIn, 'check', input))

test('[V9] a picture that never was, another’s, or of another group proves nothing, and nothing is given', async () => {
  await using world = await open()
  const at = await start(world)
  const other = await world.makeGroup(['wang', 'li'])
  const { mediaId: hers } = await upload(world, 'zhao')
  const { mediaId: elsewhere } = await upload(world, 'li', other)
  for (const mediaId of [`med_${'a'.repeat(32)}`, hers, elsewhere])
    expect(await check(world, 'li', at, { mediaId })).toBe('check_in.photo_unknown')
  const shown = await world.as('zhao').post(world.groupId, imageMessage, await upload(world, 'zhao'))
  expect(await check(world, 'li', at, { mediaId: hers, mediaSeq: shown.seq })).toBe('check_in.photo_unknown')
  expect(await world.as('li').mine(at)).toBeNull()
  expect((await world.read(at, checkIn)).memberCount).toBe(0)
})
test('[V9] one’s own upload, or what one posted, proves one day; not another, nor in another programme', async () => {
  await using world = await open()
  const [at, next] = [await start(world), await start(world)]
  const { mediaId: fresh } = await upload(world, 'li')
  expect(await check(world, 'li', at, { mediaId: fresh })).toBe(null)
  expect(await check(world, 'li', at, { mediaId: fresh })).toBe(null)
  expect(await check(world, 'li', next, { mediaId: fresh })).toBe('check_in.photo_used')
  const image = await upload(world, 'li')
  const { seq: mediaSeq } = await world.as('li').post(world.groupId, imageMessage, image)
  const posted = { mediaId: image.mediaId, mediaSeq }
  expect(await check(world, 'li', next, posted)).toBe(null)
  await world.jump(DAY)
  expect(await check(world, 'li', at, { mediaId: fresh })).toBe('check_in.photo_used')
  expect(await check(world, 'li', next, posted)).toBe('check_in.photo_used')
  expect(await world.as('li').mine(at)).toMatchObject({ total: 1 })
})
test('[V9] one picture in two programmes at once proves one of them', async () => {
  await using world = await open()
  const programmes = [await start(world), await start(world), await start(world)]
  const { mediaId } = await upload(world, 'li')
  const codes = await Promise.all(programmes.map((at) => check(world, 'li', at, { mediaId })))
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'check_in.photo_used')).toHaveLength(2)
})
test('[V9] where no picture is asked for none is taken; where nobody keeps them none is asked for', async () => {
  await using world = await open()
  const { mediaId } = await upload(world, 'li')
  expect(await check(world, 'li', await start(world, 'none'), { mediaId })).toBe(null)
  expect(await check(world, 'li', await start(world), { mediaId })).toBe(null)
  await using bare = await open(withoutPictures)
  expect(await refusalOf(start(bare))).toBe('check_in.photo_unavailable')
})
test('[V9] [MER9] the audit tells of pictures that prove nothing or another day, of none at all, and of another’s', async () => {
  const feature = createCheckIn({ pictures: cardPictures })
  const world = await open(feature)
  const { mediaId } = await upload(world, 'li')
  await check(world, 'li', await start(world), { mediaId })
  const audits = feature.audits?.filter((one) => one.id === 'V9') ?? []
  const find = async () =>
    (await world.store.reading('*', (tx) => Promise.all(audits.map((one) => one.find(tx, world.time.now()))))).flat()
  expect([audits.length, await find()]).toEqual([2, []])
  const put = (plant: ReturnType<typeof sql>) => world.store.transaction('*', (tx) => plant.execute(tx))
  await put(sql`UPDATE message_media SET user_id = 'zhao'`)
  expect(await find()).toEqual([expect.stringContaining(`picture ${mediaId} of li on 2026-01-01`)])
  await put(sql`DELETE FROM message_media`)
  expect(await find()).toEqual([expect.stringContaining('is none of theirs')])
  await put(sql`UPDATE check_in_pictures SET day = '2026-01-09'`)
  expect(await find()).toHaveLength(3)
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit V9')
})
test('[MER9] [CI10] a milestone that counts against no cap is named', async () => {
  const world = await open()
  const { mediaId } = await upload(world, 'li')
  const at = await start(world)
  await check(world, 'li', at, { mediaId })
  const plant = sql`DELETE FROM ledger_spendings WHERE starts_with(ref, 'check-in/')`
  await world.store.transaction('*', (tx) => plant.execute(tx))
  const said = `audit CI10: shop check-in/${at.groupId}/${at.seq}/1/li gave 5, counts 0`
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow(said)
})
