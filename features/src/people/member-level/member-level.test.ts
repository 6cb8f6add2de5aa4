/** Levels and honours as a group earns them: talk, welcomes, answers, weeks, removals, time without talk. */
import { type AppId, closed, DAY, defineEndpoint, MINUTE, Type, type GroupId, type UserId } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { refusalOf, shopId, startWorld, type At, type World, type WorldOptions } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { addMembers } from '../membership/contract.ts'
import membership from '../membership/server.ts'
import { setTimeZone } from '../time-zone/contract.ts'
import timeZone from '../time-zone/server.ts'
import { textMessage } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import { grantPoints, honoursOf, levelsOf, markHelpful, memberLevel, myLevel, shownLevels } from './contract.ts'
import feature from './server.ts'
import { listByPoints } from './store.ts'

const id = (name: string) => name as UserId
const begin = (options: Partial<WorldOptions> = {}) =>
  startWorld({ features: [message, membership, feature], ...options })
/** Things people say, each unlike the others. */
const topics = [
  '海盐卷',
  '栗子蛋糕',
  '冷萃咖啡',
  '停车位',
  '生日蜡烛',
  '外带纸袋',
  '周三试吃',
  '靠窗座位',
  '燕麦奶',
  '可颂面包',
  '抹茶粉',
  '宠物友好',
]
const ends = ['明天下午还会有吗', '比上个月那批香多了', '我想预订三份带走', '孩子特别喜欢这个味道', '能不能少放一点糖']
const line = (n: number) => `${topics[n % topics.length]}${ends[Math.floor(n / topics.length) % ends.length]}`
let said = 0
const say = (world: World, who: string, text = line(said++), more: { quote?: At; mentions?: string[] } = {}) =>
  world.as(who).post(world.groupId, textMessage, {
    text,
    ...(more.quote === undefined ? {} : { quote: { seq: more.quote.seq } }),
    ...(more.mentions === undefined ? {} : { mentions: more.mentions.map(id) }),
  })
const mine = (world: World, who: string) => world.as(who).call(myLevel, { params: { groupId: world.groupId } })
async function pointsOf(world: World, who: string) {
  await world.settle()
  return (await mine(world, who)).points
}
const recordsOf = (world: World, who: string) => [
  ...(world.as(who).handleOf(world.groupId)?.get().records.values() ?? []),
]
const shown = (world: World, who = 'zhao') => recordsOf(world, who).find((row) => row.kind === shownLevels.kind)?.body
const grant = (world: World, who: string, points: number, ref: string) =>
  world
    .asServer()
    .call(grantPoints, { params: { groupId: world.groupId }, body: { userId: id(who), points, ref }, key: `g-${ref}` })
async function facts(world: World) {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ name: string; data: unknown }>`SELECT name, data::jsonb AS data FROM facts
      WHERE name LIKE 'member-level.%' ORDER BY fact_seq`.execute(tx),
  )
  return rows
}
/** Ten a day, so many days. */
async function talkFor(world: World, who: string, days: number) {
  for (let n = 0; n < days; n++) {
    for (let i = 0; i < 10; i++) await say(world, who, line(n * 10 + i))
    await world.jump(DAY)
  }
}

describe('talk', () => {
  test('[ML1] [ML2] [ML3] [ML4] earns by substance, ten times a day, not the shop’s people', async () => {
    await using world = await begin({ watching: ['zhao'] })
    await say(world, 'li', '海盐卷还有吗')
    await say(world, 'li', '收到')
    await say(world, 'li', '海盐卷，还有吗！！')
    await say(world, 'li', '😋😋😋')
    await say(world, 'wang', '下午三点出第二炉')
    await say(world, 'he', '欢迎大家点名想喝的')
    expect(await pointsOf(world, 'li')).toBe(1)
    expect(await pointsOf(world, 'wang')).toBe(0)
    for (let i = 0; i < 14; i++) await say(world, 'sun')
    expect(await pointsOf(world, 'sun')).toBe(10)
    expect(await mine(world, 'sun')).toMatchObject({ level: 1, levelAt: 0, nextAt: 30, todayPoints: 10, todayMax: 30 })
    await world.jump(DAY)
    await say(world, 'sun', '昨天的豆子香得很')
    expect(await pointsOf(world, 'sun')).toBe(11)
  })
  test('[ML4] [MER8] [V10] a day ends at the midnight of the shop’s zone, of friends at the app’s', async () => {
    await using world = await begin({ features: [message, membership, timeZone, feature], watching: [] })
    const friends = await world.makeFriendsGroup(['li', 'zhao'])
    const query = { merchantId: shopId }
    await world.asServer().call(setTimeZone, { query, body: { timeZone: 'America/New_York' } })
    await world.asServer().call(setTimeZone, { query: {}, body: { timeZone: 'Asia/Tokyo' } })
    const fill = (groupId: GroupId, ref: string) => {
      const body = { userId: id('li'), points: 40, ref }
      return world.asServer().call(grantPoints, { params: { groupId }, body, key: `${groupId}${ref}` })
    }
    const given = async (at: number) => {
      await world.jump(at - world.time.now())
      return [(await fill(world.groupId, `${at}`)).points, (await fill(friends, `${at}`)).points]
    }
    // The 3rd: 15:00 UTC is midnight in Tokyo, 29:00 in New York. Shanghai's, 16:00, lies between.
    const at = (hour: number) => Date.UTC(2026, 0, 3, hour)
    expect([await given(at(14)), await given(at(15) - 1)]).toEqual([
      [30, 30],
      [0, 0],
    ])
    expect([await given(at(15)), await given(at(16))]).toEqual([
      [0, 30],
      [0, 0],
    ])
    expect([await given(at(29) - 1), await given(at(29))]).toEqual([
      [0, 0],
      [30, 0],
    ])
  })
  test('[ML4] the first answer to somebody’s first words is a welcome', async () => {
    await using world = await begin({ watching: [] })
    const first = await say(world, 'li', '大家推荐哪款豆子')
    await say(world, 'zhao', '浅烘的耶加最香甜', { quote: first })
    await say(world, 'sun', '我一直喝曼特宁', { quote: first })
    expect(await pointsOf(world, 'zhao')).toBe(1 + 5)
    // 赵阿姨 spoke first words, too: 孙老师 answered nobody's unwelcomed ones.
    expect(await pointsOf(world, 'sun')).toBe(1)
    await say(world, 'li', '谢谢赵阿姨的推荐呀', { mentions: ['zhao'] })
    expect(await pointsOf(world, 'li')).toBe(1 + 1 + 5)
  })
  test('[ML3] the same words from five people in ten minutes earn for four', async () => {
    await using world = await begin({ watching: [] })
    const names = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6']
    for (const name of names) await world.core.putUser('shop' as never, { userId: id(name), name })
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: names.map(id) } })
    for (const name of names) await say(world, name, '新人报到请多关照')
    const points = []
    for (const name of names) points.push(await pointsOf(world, name))
    expect(points).toEqual([1, 1, 1, 1, 0, 0])
  })
  test('[ML7] what a removed message earned anybody is taken back, once', async () => {
    await using world = await begin({ watching: ['li'] })
    const first = await say(world, 'li', '加我微信领红包福利')
    const answer = await say(world, 'zhao', '这种广告别在群里发', { quote: first })
    expect([await pointsOf(world, 'li'), await pointsOf(world, 'zhao')]).toEqual([1, 6])
    await world.as('wang').recall(first)
    expect(await pointsOf(world, 'li')).toBe(0)
    await world.as('zhao').recall(answer)
    await world.as('zhao').recall(answer)
    expect(await pointsOf(world, 'zhao')).toBe(0)
    expect(await pointsOf(world, 'li')).toBe(0)
  })
})

describe('a check-in', () => {
  const tell = defineEndpoint({
    name: 'test.checkIn',
    method: 'POST',
    path: '/test/check-in',
    doc: 'Tells of a check-in as that feature does.',
    by: 'server',
    body: closed({ groupId: Type.String(), userId: Type.String() }),
    answer: closed({}),
    facts: { 'check-in.done': closed({ userId: Type.String() }) },
  })
  const checkIns = defineFeature({
    name: 'test',
    endpoints: [
      serveEndpoint(tell, async (call) => {
        const group = await call.group(call.body.groupId as GroupId)
        group.record('check-in.done', { userId: call.body.userId })
        return {}
      }),
    ],
  })
  test('[ML1] [ML4] earns one point, and the shop’s people none', async () => {
    await using world = await begin({ features: [message, membership, feature, checkIns], watching: [] })
    for (const userId of ['li', 'he']) await world.asServer().call(tell, { body: { groupId: world.groupId, userId } })
    expect([await pointsOf(world, 'li'), await pointsOf(world, 'he')]).toEqual([1, 0])
  })
})

describe('levels', () => {
  test('[ML5] [ML9] reached once, told once, and shown beside names', async () => {
    await using world = await begin({ watching: ['zhao'] })
    await talkFor(world, 'li', 4)
    expect(await mine(world, 'li')).toMatchObject({ level: 2, points: 40, nextAt: 120, rights: ['image'] })
    expect(shown(world)).toMatchObject({ levels: { li: 2 } })
    expect((await facts(world)).filter(({ name }) => name === 'member-level.reached')).toEqual([
      { name: 'member-level.reached', data: { userId: 'li', level: 2 } },
    ])
    await say(world, 'sun', '我也来说一句实在话')
    await world.settle()
    const { members, more } = await world.as('sun').call(levelsOf, { params: { groupId: world.groupId } })
    expect(members.map(({ rank, userId, level, points }) => [rank, userId, level, points])).toEqual([
      [1, 'li', 2, 40],
      [2, 'sun', 1, 1],
    ])
    expect(more).toBe(false)
  })
  test('[ML6] time without talk takes a little, and talk begins from what is left', async () => {
    await using world = await begin({ watching: [] })
    for (let n = 0; n < 5; n++) {
      await grant(world, 'li', 30, `event-${n}`)
      await world.jump(DAY)
    }
    expect((await mine(world, 'li')).points).toBe(150)
    await world.jump(14 * 7 * DAY)
    expect((await mine(world, 'li')).points).toBe(135)
    await say(world, 'li', '好久不见大家还好吗')
    expect(await pointsOf(world, 'li')).toBe(136)
    await world.jump(400 * 7 * DAY)
    expect(await mine(world, 'li')).toMatchObject({ level: 2, points: 30 })
  })
  test('[ML4] what the host gives counts once for each ref, within the day', async () => {
    await using world = await begin({ watching: [] })
    expect(await grant(world, 'li', 4, 'a')).toEqual({ points: 4 })
    expect(await grant(world, 'li', 4, 'a')).toEqual({ points: 4 })
    const again = world.asServer().call(grantPoints, {
      params: { groupId: world.groupId },
      body: { userId: id('li'), ref: 'a' },
      key: 'another',
    })
    expect(await again).toEqual({ points: 0 })
    expect(await grant(world, 'li', 100, 'b')).toEqual({ points: 26 })
    expect(await refusalOf(grant(world, 'zhou', 4, 'c'))).toBe('member.not_in_group')
    expect(await pointsOf(world, 'li')).toBe(30)
  })
  test('[I3] five at once, on three nodes, for who has no row yet: what the day allows, exactly', async () => {
    await using world = await begin({ watching: [] })
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    for (const who of ['li', 'zhao', 'sun']) {
      const asked = Array.from({ length: 5 }, (_, i) => {
        world.route = () => nodes[i % 3] as typeof world.core
        return grant(world, who, 10, `${who}-${i}`)
      })
      const given = (await Promise.all(asked)).map(({ points }) => points)
      expect(given.toSorted((a, b) => a - b)).toEqual([0, 0, 10, 10, 10])
      expect(await pointsOf(world, who)).toBe(30)
    }
    const { rows } = await world.store.reading('*', (tx) =>
      sql<object>`SELECT user_id AS who, sum(points)::int AS points, count(*)::int AS refs FROM member_level_points
        GROUP BY 1 ORDER BY 1`.execute(tx),
    )
    expect(rows).toEqual(['li', 'sun', 'zhao'].map((who) => ({ who, points: 30, refs: 5 })))
  })
  test('[I3] the audit tells of points that nothing earned', async () => {
    const world = await begin({ watching: [] })
    await grant(world, 'li', 10, 'a')
    await world.store.transaction('*', (tx) => sql`UPDATE member_level_people SET points = 20`.execute(tx))
    await expect(world[Symbol.asyncDispose]()).rejects.toThrow('audit ML4')
  })
  test('[ML10] an answer marked helpful by its asker or an admin earns once, never by oneself', async () => {
    await using world = await begin({ watching: [] })
    const mark = (who: string, at: At) =>
      world.as(who).call(markHelpful, { params: { groupId: world.groupId }, body: { seq: at.seq } })
    const asked = await say(world, 'wang', '群里有人会修咖啡机吗')
    const answer = await say(world, 'li', '先看看水箱的浮子卡没卡', { quote: asked })
    const own = await say(world, 'li', '补充一下要先断电', { quote: answer })
    await world.settle()
    expect(await refusalOf(mark('zhao', answer))).toBe('member_level.not_asker')
    expect(await refusalOf(mark('li', answer))).toBe('member_level.not_answer')
    expect(await refusalOf(mark('wang', own))).toBe('member_level.not_answer')
    expect(await refusalOf(mark('wang', asked))).toBe('member_level.not_answer')
    expect(await mark('wang', answer)).toEqual({ userId: 'li', points: 11 })
    expect(await mark('he', answer)).toEqual({ userId: 'li', points: 0 })
    const next = await say(world, 'li', '浮子卡住就轻轻敲两下', { quote: asked })
    await world.settle()
    expect(await mark('he', next)).toEqual({ userId: 'li', points: 8 })
    expect(await pointsOf(world, 'li')).toBe(3 + 11 + 8)
  })
  test('[ML4] three nodes that read at once give once, and marks at once lose nothing', async () => {
    await using world = await begin({ watching: [] })
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    const asked = await say(world, 'sun', '谁知道停车怎么收费')
    const answer = await say(world, 'li', '前两小时免费之后五块', { quote: asked })
    for (let i = 0; i < 8; i++) {
      world.route = () => nodes[i % 3] as typeof world.core
      await say(world, 'li')
    }
    world.route = () => world.core
    const mark = () =>
      world.as('sun').call(markHelpful, { params: { groupId: world.groupId }, body: { seq: answer.seq } })
    await Promise.all([...nodes.map((node) => node.settle()), mark(), mark(), grant(world, 'li', 4, 'x')])
    expect(await pointsOf(world, 'li')).toBe(9 + 5 + 8 + 3 + 4)
  })
})

describe('honours', () => {
  test('[ML8] the week before is honoured when a new one begins: a card, facts, marks, a page', async () => {
    await using world = await begin({ watching: ['zhao', 'li'] })
    for (let i = 0; i < 6; i++) await say(world, 'li')
    const asked = await say(world, 'sun', '附近哪里可以停车')
    await say(world, 'zhao', '地下二层很空，别停路边', { quote: asked })
    const askedToo = await say(world, 'li', '几点开始不收费')
    await say(world, 'zhao', '晚上九点以后都免费', { quote: askedToo })
    await world.jump(MINUTE)
    expect(await world.as('li').call(honoursOf, { params: { groupId: world.groupId } })).toEqual({ honours: [] })
    await world.jump(7 * DAY)
    await say(world, 'sun', '新的一周大家早上好呀')
    await world.jump(MINUTE)
    const view = world.as('zhao').handleOf(world.groupId)?.get()
    const cards = view?.messages.filter((one) => one.kind === memberLevel.kind) ?? []
    expect(cards).toHaveLength(1)
    expect(cards[0]).toMatchObject({
      senderId: '',
      body: {
        honours: [
          { honour: 'talkative', userId: 'li', name: '小李', figure: 7 },
          { honour: 'answerer', userId: 'zhao', name: '赵阿姨', figure: 2 },
        ],
      },
    })
    expect(shown(world)).toMatchObject({
      honours: [
        { userId: 'zhao', honour: 'answerer' },
        { userId: 'li', honour: 'talkative' },
      ],
    })
    expect((await facts(world)).map(({ name }) => name)).toEqual(['member-level.honour', 'member-level.honour'])
    const page = await world.as('li').call(honoursOf, { params: { groupId: world.groupId } })
    expect(page.honours.map((one) => `${one.honour} ${one.userId} ${one.figure}`)).toEqual([
      'answerer zhao 2',
      'talkative li 7',
    ])
  })
  test('[ML8] a week long past is remembered, not announced; removed words do not count', async () => {
    await using world = await begin({ watching: ['zhao'] })
    for (let i = 0; i < 6; i++) await say(world, 'li')
    const gone: At[] = []
    for (let i = 0; i < 7; i++) gone.push(await say(world, 'sun'))
    await world.settle()
    for (const at of gone.slice(0, 4)) await world.as('wang').recall(at)
    await world.jump(21 * DAY)
    await say(world, 'zhao', '好久没人说话啦各位')
    await world.jump(MINUTE)
    const { honours } = await world.as('li').call(honoursOf, { params: { groupId: world.groupId } })
    expect(honours.map((one) => `${one.honour} ${one.userId} ${one.figure}`)).toEqual([
      'strong_newbie sun 3',
      'talkative li 6',
    ])
    const view = world.as('zhao').handleOf(world.groupId)?.get()
    expect(view?.messages.some((one) => one.kind === memberLevel.kind)).toBe(false)
  })
})

test('[ML6] a board of three hundred is in the order of what is left of their points, page by page, at any time', async () => {
  await using world = await begin({ watching: [] })
  const idleWeeks = 4
  const week = 7 * DAY
  // Some quiet for years, some from the future of a clock that went back, many with the same few points.
  const people = Array.from({ length: 300 }, (_, n) => ({
    userId: `p${String(n).padStart(3, '0')}`,
    points: n % 3 === 0 ? 1 + (n % 4) : 1 + ((n * 7_919) % 2_500),
    lastAt: world.time.now() - ((n * 104_729) % 200) * week - n * MINUTE + (n % 50 === 0 ? 3 * week : 0),
  }))
  await world.store.transaction('shop', async (tx) => {
    await sql`INSERT INTO member_level_people (app_id, group_id, user_id, points, decayed, reached, day, day_points, day_talk, last_at)
      SELECT 'shop', ${world.groupId}, t."userId", t.points, -t.points, 1, 0, 0, 0, t."lastAt"
      FROM jsonb_to_recordset(${JSON.stringify(people)}::jsonb)
        AS t("userId" text, points integer, "lastAt" bigint)`.execute(tx)
  })
  for (const later of [0, 3 * week, 60 * week, 5_000 * week]) {
    const now = world.time.now() + later
    const left = (one: (typeof people)[number]) =>
      Math.floor(one.points * 0.99 ** Math.max(0, Math.floor((now - one.lastAt) / week) - idleWeeks))
    const inOrder = people
      .filter((one) => left(one) >= 1)
      .toSorted((a, b) => left(b) - left(a) || (a.userId < b.userId ? -1 : 1))
    for (const [after, limit] of [
      [0, 10],
      [10, 51],
      [97, 3],
      [250, 100],
    ] as const) {
      const page = await world.store.reading('shop', (tx) =>
        listByPoints({ tx, appId: 'shop' as AppId, groupId: world.groupId }, { after, limit, now, idleWeeks }),
      )
      expect(page.map(({ userId }) => userId)).toEqual(inOrder.slice(after, after + limit).map(({ userId }) => userId))
    }
  }
})
