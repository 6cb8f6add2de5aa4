/** Groups and their members as people and the host meet them. */
import { DAY, MINUTE, type UserId } from '@qun/contract'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { systemLine, textMessage } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import {
  addMembers,
  bansOf,
  changeGroup,
  createdPerDayMax,
  createGroup,
  createGroupForHost,
  disbandGroup,
  leaveGroup,
  muteMember,
  removeMember,
  setNickname,
  setRole,
  transferGroup,
  unbanMember,
  unmuteMember,
} from './contract.ts'
import membership from './server.ts'

const id = (name: string) => name as UserId
const open = () => startWorld({ features: [message, membership] })
async function jump(world: World, ms: number): Promise<void> {
  world.time.moveTo(world.time.now() + ms)
  await world.settle()
}
/** What the system said in the shop's group, as 王店长 sees it. */
async function lines(world: World): Promise<string[]> {
  const { messages } = await world.core.history(world.as('wang').principal, world.groupId, {})
  return messages.filter((row) => row.kind === systemLine.kind).map((row) => (row.body as { what: string }).what)
}
async function memberOf(world: World, name: string) {
  const { members } = await world.core.members(world.as('wang').principal, world.groupId, {})
  return members.find((member) => member.userId === name)
}
const inGroup = (world: World, name: string) => ({ groupId: world.groupId, userId: id(name) })
const say = (world: World, who: string) => refusalOf(world.as(who).post(world.groupId, textMessage, { text: '你好' }))

describe('making groups', () => {
  test('[MB2] whoever makes a group owns it; those put into it are told', async () => {
    await using world = await open()
    const body = { name: ' 下午茶搭子 ', memberIds: [id('zhao'), id('zhou')], description: '每周三' }
    const { groupId } = await world.as('li').call(createGroup, { body })
    const { group, messages } = await world.core.snapshot(world.as('zhou').principal, groupId)
    expect(group).toMatchObject({
      name: '下午茶搭子',
      ownerId: 'li',
      memberCount: 3,
      settings: { description: '每周三' },
    })
    expect(messages.map((row) => (row.body as { what: string }).what)).toEqual(['created', 'joined'])
    expect(await refusalOf(world.as('li').call(createGroup, { body: { name: '群', memberIds: [id('ghost')] } }))).toBe(
      'user.not_found',
    )
  })
  test('[MB3] a name must be one', async () => {
    await using world = await open()
    for (const name of ['', '\u202e', 'x'.repeat(61)]) {
      expect(await refusalOf(world.as('li').call(createGroup, { body: { name } }))).toBe('group.name_invalid')
      const change = { params: { groupId: world.groupId }, body: { name } }
      expect(await refusalOf(world.as('wang').call(changeGroup, change))).toBe('group.name_invalid')
      expect(await refusalOf(world.asServer().call(createGroupForHost, { body: { name, ownerId: id('li') } }))).toBe(
        'group.name_invalid',
      )
    }
  })
  test('[MB1] twenty groups within a day, however many are asked for at once', async () => {
    await using world = await open()
    const make = () => refusalOf(world.as('li').call(createGroup, { body: { name: '群' } }))
    const codes = await Promise.all(Array.from({ length: createdPerDayMax + 4 }, make))
    expect(codes.filter((code) => code === null)).toHaveLength(createdPerDayMax)
    expect(codes.filter((code) => code === 'group.create_limited')).toHaveLength(4)
    expect(await refusalOf(world.as('zhao').call(createGroup, { body: { name: '群' } }))).toBeNull()
    await jump(world, DAY)
    expect(await make()).toBeNull()
  })
  test('guests make no groups', async () => {
    await using world = await open()
    const server = world.core.registry.endpoints.get(createGroup.name)
    const caller = { kind: 'user', userId: id('li'), guest: true } as const
    const request = { appId, caller, params: {}, query: {}, body: { name: '群' } }
    expect(await refusalOf(world.core.call(server!, request))).toBe('auth.guest_forbidden')
  })
  test('the host makes a group with roles and settings', async () => {
    await using world = await open()
    const settings = { capacity: 3, history: 'all' as const }
    const body = {
      name: '客服群',
      ownerId: id('wang'),
      adminIds: [id('he')],
      memberIds: [id('li'), id('he')],
      settings,
    }
    const { groupId } = await world.asServer().call(createGroupForHost, { body })
    const { members } = await world.core.members(world.as('li').principal, groupId, {})
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      ['wang', 'owner'],
      ['he', 'admin'],
      ['li', 'member'],
    ])
    const more = { params: { groupId }, body: { userIds: [id('zhao')] } }
    expect(await refusalOf(world.as('wang').call(addMembers, more))).toBe('group.full')
    expect(await refusalOf(world.as('li').call(createGroupForHost, { body }))).toBe('auth.scope')
  })
})

describe('coming and going', () => {
  test('[MB6] [MB9] an admin adds and removes; members do not; each change is one line', async () => {
    await using world = await open()
    const before = await lines(world)
    const add = (who: string, ...names: string[]) =>
      world.as(who).call(addMembers, { params: { groupId: world.groupId }, body: { userIds: names.map(id) } })
    expect(await refusalOf(add('li', 'zhou'))).toBe('group.permission')
    expect(await refusalOf(add('zhou', 'zhou'))).toBe('group.not_found')
    expect(await refusalOf(add('he', 'ghost'))).toBe('user.not_found')
    expect(await add('he', 'zhou', 'li')).toEqual({ added: ['zhou'], already: ['li'] })
    expect(await add('he', 'zhou')).toEqual({ added: [], already: ['zhou'] })
    const remove = (who: string, name: string) =>
      world.as(who).call(removeMember, { params: inGroup(world, name), body: {} })
    expect(await refusalOf(remove('li', 'zhou'))).toBe('group.permission')
    await remove('he', 'zhou')
    expect(await refusalOf(remove('he', 'zhou'))).toBe('member.not_in_group')
    expect((await lines(world)).slice(before.length)).toEqual(['joined', 'removed'])
    expect(await say(world, 'zhou')).toBe('group.not_found')
  })
  test('[MB2] the owner neither leaves nor is removed; after a transfer they may', async () => {
    await using world = await open()
    const params = { groupId: world.groupId }
    const leave = (who: string) => world.as(who).call(leaveGroup, { params, body: {} })
    expect(await refusalOf(leave('wang'))).toBe('group.owner_required')
    expect(await refusalOf(world.as('he').call(removeMember, { params: inGroup(world, 'wang'), body: {} }))).toBe(
      'group.owner_required',
    )
    const transfer = (who: string, name: string) =>
      world.as(who).call(transferGroup, { params, body: { userId: id(name) } })
    expect(await refusalOf(transfer('he', 'he'))).toBe('group.permission')
    expect(await refusalOf(transfer('wang', 'zhou'))).toBe('member.not_in_group')
    await transfer('wang', 'he')
    expect(await memberOf(world, 'he')).toMatchObject({ role: 'owner' })
    expect(await memberOf(world, 'wang')).toMatchObject({ role: 'admin' })
    const { group } = await world.core.snapshot(world.as('li').principal, world.groupId)
    expect(group.ownerId).toBe('he')
    await leave('wang')
    await leave('li')
    expect(await say(world, 'li')).toBe('group.not_found')
    expect(await refusalOf(leave('li'))).toBe('group.not_found')
  })
  test('[MB2] two transfers at once leave one owner', async () => {
    await using world = await open()
    const params = { groupId: world.groupId }
    await Promise.all(
      ['he', 'li'].map((name) =>
        refusalOf(world.as('wang').call(transferGroup, { params, body: { userId: id(name) } })),
      ),
    )
    const { members } = await world.core.members(world.as('sun').principal, world.groupId, {})
    expect(members.filter((member) => member.role === 'owner')).toHaveLength(1)
  })
  test('[MB7] a banned person comes back by no way until unbanned', async () => {
    await using world = await open()
    const params = { groupId: world.groupId }
    const ban = (who: string, name: string) =>
      world.as(who).call(removeMember, { params: inGroup(world, name), body: { ban: true } })
    const add = (name: string) =>
      refusalOf(world.as('wang').call(addMembers, { params, body: { userIds: [id(name)] } }))
    await ban('he', 'li')
    await ban('he', 'zhou')
    expect(await add('li')).toBe('member.blacklisted')
    expect(await add('zhou')).toBe('member.blacklisted')
    const { bans } = await world.as('wang').call(bansOf, { params })
    expect(bans.map(({ userId, name, byId }) => [userId, name, byId]).toSorted()).toEqual([
      ['li', '小李', 'he'],
      ['zhou', '老周', 'he'],
    ])
    expect(await refusalOf(world.as('sun').call(bansOf, { params }))).toBe('group.permission')
    const unban = () => world.as('he').call(unbanMember, { params: inGroup(world, 'li') })
    await unban()
    expect(await refusalOf(unban())).toBe('member.not_in_group')
    expect(await memberOf(world, 'li')).toBeUndefined()
    expect(await add('li')).toBeNull()
  })
})

describe('roles, names, mutes', () => {
  test('[MB6] roles are given by the owner, below their own', async () => {
    await using world = await open()
    const set = (who: string, name: string, role: 'owner' | 'admin' | 'member') =>
      refusalOf(world.as(who).call(setRole, { params: inGroup(world, name), body: { role } }))
    expect(await set('he', 'he', 'owner')).toBe('group.permission')
    expect(await set('he', 'li', 'admin')).toBe('group.permission')
    expect(await set('wang', 'li', 'owner')).toBe('group.permission')
    expect(await set('wang', 'wang', 'member')).toBe('group.permission')
    expect(await set('wang', 'zhou', 'admin')).toBe('member.not_in_group')
    expect(await set('wang', 'li', 'admin')).toBeNull()
    expect(await memberOf(world, 'li')).toMatchObject({ role: 'admin' })
    const remove = (who: string, name: string) =>
      refusalOf(world.as(who).call(removeMember, { params: inGroup(world, name), body: {} }))
    expect(await remove('li', 'he')).toBe('group.permission')
    expect(await set('wang', 'he', 'member')).toBeNull()
    expect(await remove('li', 'he')).toBeNull()
  })
  test('[MB3] [MB4] [MB5] nicknames are short, and nobody else’s', async () => {
    await using world = await open()
    const name = (nickname: string | null, who = 'li') =>
      refusalOf(world.as(who).call(setNickname, { params: { groupId: world.groupId }, body: { nickname } }))
    expect(await name('王\u200b店 长')).toBe('member.name_invalid')
    expect(await name('王店 长')).toBe('member.name_impersonation')
    expect(await name('ｘｉａｏ何\u202e')).toBe('member.name_invalid')
    expect(await name('长'.repeat(21))).toBe('member.name_invalid')
    expect(await name('官方客服')).toBe('member.name_reserved')
    expect(await name('赵阿姨')).toBeNull()
    expect(await name(' 爱吃可颂的李 ')).toBeNull()
    expect(await memberOf(world, 'li')).toMatchObject({ name: '爱吃可颂的李' })
    expect(await name(null)).toBeNull()
    expect(await memberOf(world, 'li')).toMatchObject({ name: '小李' })
    expect(await name('群主', 'wang')).toBeNull()
  })
  test('[MB8] a muted person is silent until the minute is over', async () => {
    await using world = await open()
    const mute = (who: string, name: string, durationMs: number) =>
      refusalOf(world.as(who).call(muteMember, { params: inGroup(world, name), body: { durationMs } }))
    for (const durationMs of [-1_000, 0, 100 * 365 * DAY])
      expect(await mute('he', 'li', durationMs)).toBe('mute.duration')
    expect(await mute('he', 'wang', MINUTE)).toBe('group.permission')
    expect(await mute('li', 'zhao', MINUTE)).toBe('group.permission')
    expect(await mute('he', 'zhou', MINUTE)).toBe('member.not_in_group')
    expect(await mute('he', 'li', MINUTE)).toBeNull()
    expect(await say(world, 'li')).toBe('member.muted')
    await jump(world, MINUTE)
    expect(await say(world, 'li')).toBeNull()
    await mute('he', 'li', DAY)
    await world.as('wang').call(unmuteMember, { params: inGroup(world, 'li') })
    expect(await say(world, 'li')).toBeNull()
  })
})

describe('the group', () => {
  test('[MB6] [MB9] admins change it; what changed is told once', async () => {
    await using world = await open()
    const params = { groupId: world.groupId }
    const before = await lines(world)
    const change = (who: string, body: object) => refusalOf(world.as(who).call(changeGroup, { params, body }))
    expect(await change('li', { name: '我的群' })).toBe('group.permission')
    expect(await change('he', { name: '山茶咖啡·新品群', muteAll: true, description: '新品先尝' })).toBeNull()
    expect(await change('he', { name: '山茶咖啡·新品群', muteAll: true })).toBeNull()
    expect((await lines(world)).slice(before.length)).toEqual(['renamed', 'mute-all'])
    expect(await say(world, 'li')).toBe('member.muted')
    expect(await say(world, 'he')).toBeNull()
    expect(await change('wang', { muteAll: false })).toBeNull()
    expect(await say(world, 'li')).toBeNull()
  })
  test('[MB9] a disbanded group is over: read, but not changed', async () => {
    await using world = await open()
    const params = { groupId: world.groupId }
    expect(await refusalOf(world.as('he').call(disbandGroup, { params, body: {} }))).toBe('group.permission')
    await world.as('wang').call(disbandGroup, { params, body: {} })
    expect(await say(world, 'wang')).toBe('group.dissolved')
    const codes = await Promise.all([
      refusalOf(world.as('wang').call(disbandGroup, { params, body: {} })),
      refusalOf(world.as('wang').call(changeGroup, { params, body: { name: '又开了' } })),
      refusalOf(world.as('wang').call(addMembers, { params, body: { userIds: [id('zhou')] } })),
      refusalOf(world.as('wang').call(setRole, { params: inGroup(world, 'li'), body: { role: 'admin' } })),
      refusalOf(world.as('li').call(setNickname, { params, body: { nickname: '李' } })),
    ])
    expect(new Set(codes)).toEqual(new Set(['group.dissolved']))
    expect((await lines(world)).at(-1)).toBe('disbanded')
    await world.as('li').call(leaveGroup, { params, body: {} })
  })
})
