/** Members: joining, leaving, roles, capacity, bans, and names that travel. */
import type { UserId } from '@qun/contract'
import {
  addMembers,
  disbandGroup,
  leaveGroup,
  removeMember,
  setNickname,
  transferGroup,
} from '@qun/features/people/membership/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { GroupCall } from '../host/feature.ts'
import { countRows, counter, createLab, id, labEndpoints, listStored, note, postCounter, upTo } from '../fixtures.ts'

const lab = createLab()
const open = (limits = {}) => startWorld({ features: lab.features, limits, watching: ['wang', 'li', 'zhou'] })
const inGroup = <T>(world: World, work: (group: GroupCall) => Promise<T> | T) =>
  lab.decide(world.as('wang'), async (call) => work(await call.group(world.groupId)))
const people = (count: number) => upTo(count).map((n) => `guest-${n}` as UserId)
const activeCount = (world: World) => countRows(world, 'members', sql`active AND group_id = ${world.groupId}`)
const rowOf = async (world: World) => (await world.core.snapshot(world.as('wang').principal, world.groupId)).group

describe('joining and leaving', () => {
  test('[MEM1] a person is in a group once, however often and at once they join', async () => {
    await using world = await open()
    const join = () => inGroup(world, (group) => group.addMember(id('zhou'), { source: 'test' }))
    const answers = await Promise.all(upTo(12).map(join))
    expect(answers.filter((joined) => joined)).toHaveLength(1)
    expect((await rowOf(world)).memberCount).toBe(6)
    await Promise.all(upTo(5).map(() => inGroup(world, (group) => group.removeMember(id('zhou')))))
    expect((await rowOf(world)).memberCount).toBe(5)
    expect(await activeCount(world)).toBe(5)
    await join()
    expect(await countRows(world, 'members', sql`user_id = 'zhou'`)).toBe(1)
  })
  test('[MEM2] fifty people who join at once, on two nodes, fill a group to its capacity and no further', async () => {
    await using world = await open()
    const groupId = await world.makeGroup(['wang', 'li'], { capacity: 20 })
    const other = await world.startNode()
    lab.name('join', async (call) => (await call.group(groupId)).addMember(call.actorId, { source: 'test' }))
    const outcomes = await Promise.all(
      people(50).map((userId, i) => {
        const core = i % 2 === 0 ? world.core : other
        const server = core.registry.endpoints.get(labEndpoints.user.name)
        if (server === undefined) throw new Error('no lab')
        return refusalOf(
          core.call(server, {
            appId: world.as('li').principal.appId,
            caller: { kind: 'user', userId, guest: false },
            params: {},
            query: {},
            body: { step: 'join' },
          }),
        )
      }),
    )
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(18)
    expect(outcomes.filter((outcome) => outcome === 'group.full')).toHaveLength(32)
    const { group } = await world.core.snapshot(world.as('wang').principal, groupId)
    expect(group.memberCount).toBe(20)
    expect(await countRows(world, 'members', sql`active AND group_id = ${groupId}`)).toBe(20)
  })
  test('[MEM3] several join all together or not at all', async () => {
    await using world = await open({ groupMembersMax: 8 })
    const join = (names: string[]) => inGroup(world, (group) => group.addMembers(names.map(id), { source: 'test' }))
    expect(await refusalOf(join(['a', 'b', 'c', 'd']))).toBe('group.full')
    expect(await activeCount(world)).toBe(5)
    await inGroup(world, (group) => group.ban(id('a')))
    expect(await refusalOf(join(['a', 'b']))).toBe('member.blacklisted')
    expect(await activeCount(world)).toBe(5)
    expect(await join(['li', 'b', 'c', 'c'])).toEqual(['b', 'c'])
    expect((await rowOf(world)).memberCount).toBe(7)
  })
  test('[MEM3] very many at once: each of those who are connected hears of it, and what is said next', async () => {
    await using world = await open()
    const names = people(150)
    const lines = [world.listen('guest-1'), world.listen('guest-150'), world.listen('outsider')]
    await world.settle()
    expect(await inGroup(world, (group) => group.addMembers(names, { source: 'test' }))).toHaveLength(150)
    await world.settle()
    const at = await world.as('li').post(world.groupId, note, { text: '欢迎大家' })
    await world.settle()
    const heard = lines.map(
      (line) =>
        line
          .list('changes')
          .flatMap((frame) => frame.rows)
          .filter((row) => row.row === 'conversation').length,
    )
    expect(heard).toEqual([1, 1, 0])
    const lastHead = lines.map((line) => line.list('heads').at(-1)?.heads[0]?.lastSeq)
    expect(lastHead).toEqual([at.seq, at.seq, undefined])
    expect((await rowOf(world)).memberCount).toBe(155)
  })
  test('[MEM4] who leaves keeps no view and no voice; who comes back starts where they came back', async () => {
    await using world = await open()
    await world.as('li').post(world.groupId, note, { text: '走了' })
    await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    await world.settle()
    expect(world.as('li').client?.conversations.get()).toEqual([])
    expect(world.as('li').views()[0]?.gone?.code).toBe('group.not_found')
    const { principal } = world.as('li')
    const seq = 1
    const attempts = [
      world.core.snapshot(principal, world.groupId),
      world.core.history(principal, world.groupId, {}),
      world.core.members(principal, world.groupId, {}),
      world.core.read(principal, world.groupId, seq),
      world.core.setConversation(principal, world.groupId, { pinned: true }),
      world.as('li').post(world.groupId, note, { text: '还在吗' }),
    ]
    expect(await Promise.all(attempts.map(refusalOf))).toEqual(attempts.map(() => 'group.not_found'))
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
    await world.settle()
    const [back] = world.as('li').client?.conversations.get() ?? []
    expect(back).toMatchObject({ unread: 0, active: true, own: 1 })
    expect(back?.joinSeq).toBeGreaterThan(3)
  })
})

describe('roles', () => {
  test('[MEM5] a group has exactly one owner: the role moves, is never given twice, and cannot leave', async () => {
    await using world = await open()
    const owners = () => countRows(world, 'members', sql`role = 'owner' AND active AND group_id = ${world.groupId}`)
    expect(await refusalOf(world.as('wang').call(leaveGroup, { params: { groupId: world.groupId }, body: {} }))).toBe(
      'group.owner_required',
    )
    expect(await refusalOf(inGroup(world, (group) => group.removeMember(id('wang'))))).toBe('group.owner_required')
    expect(await refusalOf(inGroup(world, (group) => group.setRole(id('wang'), 'member')))).toBe('group.owner_required')
    expect(await refusalOf(inGroup(world, (group) => group.setRole(id('zhou'), 'owner')))).toBe('member.not_in_group')
    await Promise.allSettled(
      ['li', 'zhao', 'sun', 'he'].map((name) => inGroup(world, (group) => group.setRole(id(name), 'owner'))),
    )
    expect(await owners()).toBe(1)
    const { ownerId } = await rowOf(world)
    const { members } = await world.core.members(world.as('sun').principal, world.groupId, {})
    expect(members.filter((member) => member.role === 'owner').map((member) => member.userId)).toEqual([ownerId])
    expect(members.find((member) => member.userId === 'wang')?.role).toBe('admin')
    await world.as(ownerId).call(transferGroup, { params: { groupId: world.groupId }, body: { userId: id('wang') } })
    expect(await owners()).toBe(1)
  })
  test('[MEM6] members are listed strongest first, then by joining, page by page, each once', async () => {
    await using world = await open()
    world.time.moveTo(world.time.now() + 1_000)
    await inGroup(world, (group) => group.addMembers(people(30), { source: 'test' }))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await world.core.members(world.as('li').principal, world.groupId, {
        limit: 4,
        ...(cursor === undefined ? {} : { cursor }),
      })
      expect(page.members.length).toBeLessThanOrEqual(4)
      seen.push(...page.members.map((member) => member.userId))
      cursor = page.cursor ?? undefined
    } while (cursor !== undefined)
    expect(seen.slice(0, 5)).toEqual(['wang', 'he', 'li', 'sun', 'zhao'])
    expect(new Set(seen).size).toBe(35)
    expect(await inGroup(world, async (group) => (await group.listMembers(3)).map((member) => member.userId))).toEqual(
      seen.slice(0, 3),
    )
    for (const forged of [
      'x',
      'W10',
      Buffer.from('[1,2]').toString('base64url'),
      Buffer.from('["1",2,"a"]').toString('base64url'),
    ]) {
      expect(await refusalOf(world.core.members(world.as('li').principal, world.groupId, { cursor: forged }))).toBe(
        'cursor.invalid',
      )
    }
  })
  test('[MEM7] a group that hides its roster shows it to those who run it alone', async () => {
    await using world = await open()
    const groupId = await world.makeGroup(['wang', 'li'], { roster: 'admins' })
    expect(await refusalOf(world.core.members(world.as('li').principal, groupId, {}))).toBe('group.roster_hidden')
    expect((await world.core.members(world.as('wang').principal, groupId, {})).members).toHaveLength(2)
  })
})

describe('bans, mutes, ends', () => {
  test('[MEM8] a banned person is in no group and gets into none, in a race with joining too, until they are unbanned', async () => {
    await using world = await open()
    const join = () => refusalOf(inGroup(world, (group) => group.addMember(id('zhou'), { source: 'test' })))
    await inGroup(world, (group) => group.ban(id('zhou')))
    expect(await inGroup(world, (group) => group.isBanned(id('zhou')))).toBe(true)
    expect(await inGroup(world, (group) => group.findMember(id('zhou')))).toBeUndefined()
    const found = await inGroup(world, (group) => group.findMembers(['zhou', 'li', 'nobody', 'li'].map(id)))
    expect([...found].map(([userId, { name, role }]) => [userId, name, role])).toEqual([['li', '小李', 'member']])
    expect(await join()).toBe('member.blacklisted')
    expect((await rowOf(world)).memberCount).toBe(5)
    await inGroup(world, (group) => group.unban(id('zhou')))
    const params = { groupId: world.groupId, userId: id('zhou') }
    await Promise.all([
      ...upTo(6).map(join),
      world.as('wang').call(removeMember, { params, body: { ban: true } }),
      ...upTo(6).map(join),
    ])
    expect(await join()).toBe('member.blacklisted')
    expect(await activeCount(world)).toBe(5)
  })
  test('[MEM9] a mute ends at its time by the engine’s clock; those who run the group speak though everybody is muted', async () => {
    await using world = await open()
    const say = (name: string) => refusalOf(world.as(name).post(world.groupId, note, { text: '说' }))
    await inGroup(world, (group) => group.setMutedUntil(id('li'), world.time.now() + 60_000))
    expect(await say('li')).toBe('member.muted')
    const attempt = world.as('li').post(world.groupId, note, { text: '说' })
    await expect(attempt).rejects.toMatchObject({ more: { retryAfterMs: 60_000 } })
    world.time.moveTo(world.time.now() + 60_000)
    expect(await say('li')).toBeNull()
    await inGroup(world, (group) => group.update({ settings: { muteAll: true } }))
    expect([await say('li'), await say('he'), await say('wang')]).toEqual(['member.muted', null, null])
  })
  test('[MEM10] a disbanded group takes no post, action, recall or member; its members keep reading it', async () => {
    await using world = await open()
    const at = await postCounter(world)
    const said = await world.as('zhao').post(world.groupId, note, { text: '最后一句' })
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    const { length } = await listStored(world)
    const attempts = [
      world.as('li').post(world.groupId, note, { text: '再说一句' }),
      world.as('zhao').act(at, counter, 'add', { by: 1 }),
      world.as('zhao').recall(said),
      inGroup(world, (group) => group.addMember(id('zhou'), { source: 'test' })),
    ]
    expect(await Promise.all(attempts.map(refusalOf))).toEqual(attempts.map(() => 'group.dissolved'))
    expect(await listStored(world)).toHaveLength(length)
    const snapshot = await world.core.snapshot(world.as('sun').principal, world.groupId)
    expect(snapshot.group.disbandedAt).toBe(world.time.now())
    expect(snapshot.messages).toHaveLength(length)
    await world.core.read(world.as('sun').principal, world.groupId, length)
    await world.as('li').hide(said)
    await world.as('wang').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
  })
})

describe('names', () => {
  test('[MEM11] a nickname shows in its group alone; a new name or picture of the host’s travels to every group', async () => {
    await using world = await open()
    const second = await world.makeGroup(['zhao', 'li'])
    await world.as('li').open(second)
    await world.as('li').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: '李师傅' } })
    await world.core.putUser(world.as('li').principal.appId, {
      userId: id('li'),
      name: '李四',
      avatar: 'https://img.test/li.png',
    })
    await world.settle()
    const nameIn = (groupId: string) =>
      world
        .as('li')
        .views()
        .find((view) => view.groupId === groupId)
        ?.members.get('li')
    expect(nameIn(world.groupId)).toMatchObject({ name: '李师傅', avatar: 'https://img.test/li.png' })
    expect(nameIn(second)).toMatchObject({ name: '李四', avatar: 'https://img.test/li.png', badge: null })
    const { version } = await world.core.snapshot(world.as('li').principal, second)
    await world.core.putUser(world.as('li').principal.appId, {
      userId: id('li'),
      name: '李四',
      avatar: 'https://img.test/li.png',
    })
    expect((await world.core.snapshot(world.as('li').principal, second)).version).toBe(version)
    await world.as('li').call(setNickname, { params: { groupId: world.groupId }, body: { nickname: null } })
    await world.settle()
    expect(nameIn(world.groupId)?.name).toBe('李四')
    expect(await world.core.me(world.as('li').principal)).toMatchObject({ userId: 'li', name: '李四' })
  })
  test('[MEM11] a new name reaches the groups somebody left, too: their words stay there', async () => {
    await using world = await open()
    await world.as('sun').post(world.groupId, note, { text: '我走了' })
    await world.as('sun').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    await world.core.putUser(world.as('sun').principal.appId, { userId: id('sun'), name: '孙校长' })
    await world.settle()
    expect(world.as('li').views()[0]?.members.get('sun')).toMatchObject({ name: '孙校长', active: false })
  })
  test('[MEM12] a new name that meets busy groups is told there later, by whichever node lives', async () => {
    await using world = await open()
    const second = await world.makeGroup(['zhao', 'li'])
    const third = await world.makeGroup(['zhao', 'li'])
    for (const groupId of [second, third]) await world.as('zhao').open(groupId)
    const nameIn = (groupId: string) =>
      world
        .as('zhao')
        .views()
        .find((view) => view.groupId === groupId)
        ?.members.get('li')?.name
    const waiting = () => countRows(world, 'spreads')
    const { appId } = world.as('li').principal
    await world.store.transaction(appId, async (tx) => {
      await sql`SELECT 1 FROM groups WHERE group_id IN (${second}, ${third}) FOR UPDATE`.execute(tx)
      // Nobody waits for the groups: the host's answer says that the name is noted.
      await world.core.putUser(appId, { userId: id('li'), name: '李四' })
      await world.core.settle()
      expect(await waiting()).toBe(2)
    })
    // The node that took the name is gone with its memory; what it noted is in the store.
    await (await world.startNode()).settle()
    await world.jump(60_000)
    expect(await waiting()).toBe(0)
    expect([second, third].map(nameIn)).toEqual(['李四', '李四'])
  })
  test('[MEM12] of two names at once the last is told, whoever tells it', async () => {
    await using world = await open()
    const { appId } = world.as('li').principal
    const other = await world.startNode()
    const names = ['李一', '李二', '李三', '李四']
    await Promise.all(names.flatMap((name) => [world.core.putUser(appId, { userId: id('li'), name }), other.settle()]))
    await world.settle()
    expect(await countRows(world, 'spreads')).toBe(0)
  })
})
