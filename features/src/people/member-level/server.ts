/** Serves levels and honours: the fold that reads talk, what the host and askers give, and pages. */
import type { BodyOf, GroupId, UserId } from '@qun/contract'
import { defineFeature, serveCard, serveEndpoint, zoneOfGroup, type Call, type Feature, type Reaction } from '@qun/core'
import { textMessage } from '../../words/message/contract.ts'
import {
  grantPoints,
  honoursOf,
  levelRights,
  levelsAt,
  levelsOf,
  markHelpful,
  memberLevel,
  myLevel,
  shownLevels,
} from './contract.ts'
import { dayAt, defaults, levelOf, levelStart, nobody, pointsAt, type GroupConfig, type LevelConfig } from './rules.ts'
import { Book } from './server-book.ts'
import { createFold } from './server-fold.ts'
import { audits, findPerson, listByPoints, listHonours, migrations, type Place } from './store.ts'

/** [MER8] Its days and weeks are the group's. */
async function configIn(call: Call, groupId: GroupId, config: LevelConfig): Promise<GroupConfig> {
  return { ...config, timeZone: await zoneOfGroup(call, groupId) }
}

// ── readings ──
const mine = (config: LevelConfig) =>
  serveEndpoint(myLevel, async (call) => {
    const place: Place = { tx: call.tx, appId: call.appId, groupId: call.params.groupId }
    const person = (await findPerson(place, call.actorId)) ?? nobody
    const points = pointsAt(person, call.now, config)
    const level = levelOf(points)
    return {
      level,
      points,
      levelAt: levelStart(level),
      nextAt: levelsAt[level] ?? null,
      todayPoints: dayAt(person, call.now, await configIn(call, place.groupId, config)).dayPoints,
      todayMax: config.dayCap,
      rights: levelRights.slice(0, level - 1),
    }
  })
const list = (config: LevelConfig) =>
  serveEndpoint(levelsOf, async (call) => {
    const { after = 0, limit = 50 } = call.query
    const place: Place = { tx: call.tx, appId: call.appId, groupId: call.params.groupId }
    const rows = await listByPoints(place, { after, limit, now: call.now, idleWeeks: config.idleWeeks })
    const group = await call.group(call.params.groupId)
    const known = await group.findMembers(rows.map(({ userId }) => userId))
    const members = []
    for (const [at, row] of rows.entries()) {
      const member = known.get(row.userId)
      if (member?.active !== true) continue
      const points = pointsAt(row, call.now, config)
      members.push({ rank: after + at + 1, userId: row.userId, name: member.name, level: levelOf(points), points })
    }
    return { members, more: rows.length === limit }
  })
const honours = serveEndpoint(honoursOf, async (call) => {
  const place: Place = { tx: call.tx, appId: call.appId, groupId: call.params.groupId }
  const { before = Number.MAX_SAFE_INTEGER, limit = 12 } = call.query
  return { honours: await listHonours(place, { before, limit }) }
})

// ── what is given by hand ──
/** [ML10] */
const helpful = (config: LevelConfig) =>
  serveEndpoint(markHelpful, async (call) => {
    const { groupId } = call.params
    const answer = await call.readMessage(groupId, call.body.seq)
    const { quote } = (answer.body ?? {}) as Partial<BodyOf<typeof textMessage>>
    if (answer.kind !== textMessage.kind || quote === undefined || answer.senderId === '') {
      return call.fail('member_level.not_answer')
    }
    const asked = await call.readMessage(groupId, quote.seq)
    const [answerer, asker] = [answer.senderId as UserId, asked.senderId]
    const person = await call.findUser(answerer)
    if (asker === answerer || asker === '' || answerer === call.actorId || person?.badge !== null) {
      return call.fail('member_level.not_answer')
    }
    const place: Place = { tx: call.tx, appId: call.appId, groupId }
    const book = await Book.open(place, await configIn(call, groupId, config), [answerer])
    const group = await call.group(groupId)
    const role = (await group.findMember(call.actorId))?.role
    if (call.actorId !== asker && role !== 'owner' && role !== 'admin') return call.fail('member_level.not_asker')
    const { seq } = call.body
    if (await book.has(answerer, `helpful/${seq}`)) return { userId: answerer, points: 0 }
    const first = `first-help/${asker}`
    const isFirst = !(await book.has(answerer, first))
    let points = book.earn(answerer, { ref: `helpful/${seq}`, seq, points: config.helpful, at: call.now })
    if (isFirst) points += book.earn(answerer, { ref: first, seq, points: config.firstHelp, at: call.now })
    await book.finish(async () => group)
    return { userId: answerer, points }
  })
const grant = (config: LevelConfig) =>
  serveEndpoint(grantPoints, async (call) => {
    const { userId, ref, points = config.event } = call.body
    const place: Place = { tx: call.tx, appId: call.appId, groupId: call.params.groupId }
    const book = await Book.open(place, await configIn(call, place.groupId, config), [userId])
    const group = await call.group(call.params.groupId)
    if ((await group.findMember(userId))?.active !== true) call.fail('member.not_in_group')
    if (await book.has(userId, `grant/${ref}`)) return { points: 0 }
    const given = book.earn(userId, { ref: `grant/${ref}`, points, at: call.now })
    await book.finish(async () => group)
    return { points: given }
  })

/** By the fact's name alone: a group without check-ins has none of it. */
const onCheckIn = (config: LevelConfig): Reaction => ({
  name: 'member-level.check-in',
  on: 'check-in.done',
  async handle(call) {
    const { groupId, at, factSeq, data } = call.fact
    const { userId } = data as { userId: UserId }
    if ((await call.findUser(userId))?.badge !== null) return
    const here = await configIn(call, groupId, config)
    const book = await Book.open({ tx: call.tx, appId: call.appId, groupId }, here, [userId])
    book.earn(userId, { ref: `check-in/${factSeq}`, points: config.checkIn, at })
    await book.finish(() => call.group(groupId))
  },
})

/** `config` changes what is earned; thresholds and titles are the contract's. */
export function createMemberLevel(change: Partial<LevelConfig> = {}): Feature {
  const config: LevelConfig = { ...defaults, ...change }
  return defineFeature({
    name: 'member-level',
    migrations,
    cards: [serveCard(memberLevel, {})],
    records: [shownLevels],
    endpoints: [mine(config), list(config), honours, helpful(config), grant(config)],
    reactions: [onCheckIn(config)],
    folds: [createFold(config)],
    audits,
  })
}

export default createMemberLevel()
