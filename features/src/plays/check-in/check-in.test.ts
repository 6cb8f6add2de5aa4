/** How a check-in programme behaves, through a whole world with its days. */
import { balanceOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, startWorld, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message, { cardPictures } from '../../words/message/server.ts'
import { boardOf, checkIn, type CheckInBody } from './contract.ts'
import { createCheckIn } from './server.ts'

const feature = createCheckIn({ pictures: cardPictures })
const hour = 3_600_000
const day = 24 * hour
/** Worlds begin at midnight UTC: eight in the morning in Shanghai. */
const open = () => startWorld({ features: [message, membership, feature], watching: ['wang', 'li'] })
const start = (world: World, more: Partial<CheckInBody> = {}) =>
  world.as('wang').post(world.groupId, checkIn, {
    title: '每天读书',
    opens: 6 * 60,
    closes: 24 * 60,
    mode: 'consecutive',
    milestones: [
      { days: 3, points: 5 },
      { days: 5, points: 20 },
    ],
    proof: 'none',
    makeUps: 1,
    leaderboard: true,
    ...more,
  })
const check = (world: World, name: string, at: At, input: object = {}) =>
  refusalOf(world.as(name).act(at, checkIn, 'check', input))
const makeUp = (world: World, name: string, at: At, missed: string) =>
  refusalOf(world.as(name).act(at, checkIn, 'make_up', { day: missed }))
const pointsOf = (world: World, name: string) =>
  world.store.reading('shop', (tx) =>
    balanceOf({ tx, appId: 'shop' as never, now: world.time.now() }, `user/${name}`, 'points'),
  )

test('[CI1] [CI8] a day counts once, however often somebody taps', async () => {
  await using world = await open()
  const at = await start(world)
  const taps = await Promise.all([1, 2, 3].map(() => check(world, 'li', at)))
  expect(taps).toEqual([null, null, null])
  await check(world, 'zhao', at)
  expect(await world.read(at, checkIn)).toMatchObject({ today: '2026-01-01', todayCount: 2, memberCount: 2 })
  await world.jump(day)
  await check(world, 'li', at)
  expect(await world.read(at, checkIn)).toMatchObject({ today: '2026-01-02', todayCount: 1, memberCount: 2 })
  expect(await world.as('li').mine(at)).toMatchObject({ days: ['2026-01-01', '2026-01-02'], streak: 2, total: 2 })
})
test('[CI2] [CI7] out of hours, or without the proof, it does not count', async () => {
  await using world = await open()
  const late = await start(world, { opens: 9 * 60 })
  expect(await check(world, 'li', late)).toBe('check_in.window')
  const words = await start(world, { proof: 'text' })
  expect(await check(world, 'li', words, { text: '！！' })).toBe('check_in.proof_missing')
  expect(await check(world, 'li', words, { text: '读了二十页' })).toBe(null)
  const photo = await start(world, { proof: 'photo' })
  expect(await check(world, 'li', photo, { text: 'x' })).toBe('check_in.proof_missing')
  expect(await check(world, 'li', photo, { mediaId: `med_${'a'.repeat(32)}` })).toBe('check_in.photo_unknown')
  const place = await start(world, { proof: 'location' })
  expect(await check(world, 'li', place, { place: { lat: 31, lng: 121 } })).toBe(null)
  expect(await check(world, 'zhou', late)).toBe('message.not_found')
})
test('[CI3] [CI4] [CI5] a missed day is made up, once per thirty days, and milestones give once', async () => {
  await using world = await open()
  const at = await start(world)
  await check(world, 'li', at)
  await world.jump(day)
  await check(world, 'li', at)
  await world.jump(2 * day)
  await check(world, 'li', at)
  expect(await world.as('li').mine(at)).toMatchObject({ streak: 1, total: 3, reached: [] })
  expect(await makeUp(world, 'li', at, '2026-01-04')).toBe('check_in.day_invalid')
  expect(await makeUp(world, 'li', at, '2026-01-03')).toBe(null)
  expect(await makeUp(world, 'li', at, '2026-01-03')).toBe(null)
  expect(await world.as('li').mine(at)).toMatchObject({
    streak: 4,
    total: 4,
    madeUp: ['2026-01-03'],
    reached: [3],
    makeUpsLeft: 0,
  })
  expect(await pointsOf(world, 'li')).toBe(5)
  await world.jump(2 * day)
  expect(await makeUp(world, 'li', at, '2026-01-05')).toBe('check_in.make_up_none')
  await check(world, 'li', at)
  for (let n = 0; n < 4; n++) {
    await world.jump(day)
    await check(world, 'li', at)
  }
  // A second run past three gives nothing again; five is new.
  expect(await pointsOf(world, 'li')).toBe(25)
})
test('[CI6] repeating oneself is a day and earns nothing that time', async () => {
  await using world = await open()
  const at = await start(world, { proof: 'text', mode: 'cumulative', milestones: [{ days: 2, points: 7 }] })
  await check(world, 'li', at, { text: '打卡' })
  await world.jump(day)
  await check(world, 'li', at, { text: ' 打卡。' })
  expect(await world.as('li').mine(at)).toMatchObject({ total: 2, reached: [] })
  expect(await pointsOf(world, 'li')).toBe(0)
  await world.jump(day)
  await check(world, 'li', at, { text: '读完第三章' })
  expect(await pointsOf(world, 'li')).toBe(7)
})
test('[CI8] the board lists most days first, where there is one', async () => {
  await using world = await open()
  const at = await start(world)
  const quiet = await start(world, { leaderboard: false })
  for (const name of ['li', 'zhao']) await check(world, name, at)
  await check(world, 'li', quiet)
  await world.jump(day)
  await check(world, 'zhao', at)
  const board = await world.as('sun').call(boardOf, { params: at })
  expect(board.standings.map(({ userId, days }) => [userId, days])).toEqual([
    ['zhao', 2],
    ['li', 1],
  ])
  expect((await world.read(at, checkIn)).top.map(({ userId }) => userId)).toEqual(['zhao', 'li'])
  expect((await world.as('sun').call(boardOf, { params: quiet })).standings).toEqual([])
  expect((await world.read(quiet, checkIn)).top).toEqual([])
})
test('[CI9] after the end nothing counts, by its time or by an admin', async () => {
  await using world = await open()
  const at = await start(world, { endsAt: world.time.now() + hour })
  await check(world, 'li', at)
  await world.pass(hour)
  expect((await world.read(at, checkIn)).phase).toBe('ended')
  expect(await check(world, 'zhao', at)).toBe('check_in.ended')
  expect(await makeUp(world, 'li', at, '2025-12-31')).toBe('check_in.ended')
  const other = await start(world)
  expect(await refusalOf(world.as('li').act(other, checkIn, 'end', {}))).toBe('group.permission')
  await world.as('he').act(other, checkIn, 'end', {})
  expect(await check(world, 'zhao', other)).toBe('check_in.ended')
})
test('[CI10] [MER5] what the merchant’s caps have no room for waits for the next day; the day counts all the same', async () => {
  await using world = await open()
  const cap = (amount: number) =>
    world.store.transaction(appId, (tx) =>
      setBudget({ tx, appId }, { scope: 'merchant-day', currency: 'points', cap: amount }),
    )
  const at = await start(world, { mode: 'cumulative', milestones: [{ days: 1, points: 7 }] })
  await cap(10)
  expect(await check(world, 'li', at)).toBe(null)
  expect(await check(world, 'zhao', at)).toBe(null)
  expect([await pointsOf(world, 'li'), await pointsOf(world, 'zhao')]).toEqual([7, 0])
  expect(await world.as('zhao').mine(at)).toMatchObject({ total: 1, reached: [] })
  await world.jump(day)
  await check(world, 'zhao', at)
  expect(await pointsOf(world, 'zhao')).toBe(7)
})
test('[V1] [MER2] nobody pays points in a group of friends; a programme that gives none is theirs to post', async () => {
  await using world = await open()
  const groupId = await world.makeFriendsGroup(['li', 'zhao'])
  const body = { ...{ title: '早睡', opens: 0, closes: 1_440, mode: 'cumulative' as const }, proof: 'none' as const }
  const rest = { makeUps: 0, leaderboard: true }
  const post = (milestones: CheckInBody['milestones']) =>
    refusalOf(world.as('li').post(groupId, checkIn, { ...body, ...rest, milestones }))
  expect([await post([{ days: 1, points: 100_000 }]), await post([])]).toEqual(['merchant.not_issuer', null])
})
