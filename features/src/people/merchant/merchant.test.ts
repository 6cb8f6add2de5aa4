/** Merchants as the host and members meet them: who may give in whose group, and when they no longer may. */
import type { Ability, GroupId, UserId } from '@qun/contract'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import checkIn from '../../plays/check-in/server.ts'
import membership from '../membership/server.ts'
import { createGroupForHost } from '../membership/contract.ts'
import message from '../../words/message/server.ts'
import {
  listMerchantsEndpoint,
  listStaffEndpoint,
  merchantOfGroup,
  putMerchantEndpoint,
  putStaff,
  removeStaff,
  suspendMerchant,
} from './contract.ts'
import feature from './server.ts'

const world = () => startWorld({ features: [message, membership, checkIn, feature] })
const programme = (points: number) => ({
  title: '早起打卡',
  opens: 0,
  closes: 1_440,
  mode: 'cumulative',
  milestones: points === 0 ? [] : [{ days: 1, points }],
  proof: 'none',
  makeUps: 0,
  leaderboard: false,
})
let clientIds = 0
const give = (w: World, who: string, groupId: GroupId, points = 100) =>
  w.core.post({
    ...{ appId, groupId, kind: 'check-in', body: programme(points), clientId: `m-${++clientIds}` },
    ...(who === 'host' ? { senderId: '' as UserId, asServer: true } : { senderId: who as UserId }),
  })
const told = (w: World, who: string, groupId: GroupId, points = 100) => refusalOf(give(w, who, groupId, points))
const merchant = (w: World, merchantId: string, parentId?: string) =>
  w.asServer().call(putMerchantEndpoint, {
    params: { merchantId },
    body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
  })
const hire = (w: World, merchantId: string, userId: string, abilities: Ability[] = ['issue']) =>
  w.asServer().call(putStaff, { params: { merchantId, userId: userId as UserId }, body: { post: '导购', abilities } })
const letGo = (w: World, merchantId: string, userId: string) =>
  w.asServer().call(removeStaff, { params: { merchantId, userId: userId as UserId } })
const suspend = (w: World, merchantId: string, suspended: boolean) =>
  w.asServer().call(suspendMerchant, { params: { merchantId }, body: { suspended } })
/** A group of a merchant that 小李 owns, with 赵阿姨 as an admin. */
const groupOf = async (w: World, merchantId: string): Promise<GroupId> => {
  const made = await w.asServer().call(createGroupForHost, {
    body: { name: '门店群', ownerId: 'li' as UserId, adminIds: ['zhao' as UserId], merchantId },
  })
  return made.groupId
}

test('[V1] [MER2] in a group of one’s own nobody gives what a shop issues: neither its owner, nor staff, nor the host', async () => {
  await using w = await world()
  const friends = await w.makeFriendsGroup(['li', 'wang', 'zhao'])
  for (const who of ['li', 'host']) expect(await told(w, who, friends)).toBe('merchant.not_issuer')
  // 王店长 works for the shop, and owns a group of friends.
  const own = await w.makeFriendsGroup(['wang', 'li'])
  expect(await told(w, 'wang', own)).toBe('merchant.not_issuer')
  // What gives nothing is a play like any other.
  expect(await told(w, 'li', friends, 0)).toBeNull()
  expect(await told(w, 'wang', own, 0)).toBeNull()
})

test('[MER2] in a merchant’s group its staff with the ability give, in its children’s too; no one else does, whatever their role', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await merchant(w, 'west', 'brand')
  const [brand, east] = [await groupOf(w, 'brand'), await groupOf(w, 'east')]
  for (const [who, code] of [
    ['li', 'merchant.not_issuer'],
    ['zhao', 'merchant.not_issuer'],
    ['wang', 'group.not_found'],
    ['host', null],
  ] as const)
    expect([who, await told(w, who, east)]).toEqual([who, code])
  await hire(w, 'west', 'zhao')
  expect(await told(w, 'zhao', east)).toBe('merchant.not_issuer')
  await hire(w, 'east', 'zhao', ['talk-as', 'moderate', 'campaign', 'read-numbers', 'manage'])
  expect(await told(w, 'zhao', east)).toBe('merchant.not_issuer')
  await hire(w, 'east', 'zhao')
  expect([await told(w, 'zhao', east), await told(w, 'zhao', brand)]).toEqual([null, 'merchant.not_issuer'])
  await hire(w, 'brand', 'li')
  expect([await told(w, 'li', east), await told(w, 'li', brand)]).toEqual([null, null])
})

test('[MER2] to work for a shop is no role in its group: staff who are members post what members may', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  const groupId = await w.makeGroup(['wang', 'sun'])
  await hire(w, 'camellia', 'sun')
  expect(await told(w, 'sun', groupId)).toBe('group.permission')
})

test('[MER9] who is let go gives no more from that moment; what they could is kept with its time', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  const groupId = await groupOf(w, 'brand')
  await hire(w, 'brand', 'li', ['talk-as'])
  await w.pass(1_000)
  await hire(w, 'brand', 'li')
  expect(await told(w, 'li', groupId)).toBeNull()
  await w.pass(1_000)
  await letGo(w, 'brand', 'li')
  await letGo(w, 'brand', 'li')
  expect(await told(w, 'li', groupId)).toBe('merchant.not_issuer')
  const kept = await w.store.reading(appId, (tx) =>
    sql<{ since: number; until: number; abilities: string[] }>`SELECT since, until, abilities FROM merchant_staff
      WHERE user_id = 'li' ORDER BY since`.execute(tx),
  )
  const end = w.time.now()
  expect(kept.rows).toEqual([
    { since: end - 2_000, until: end - 1_000, abilities: ['talk-as'] },
    { since: end - 1_000, until: end, abilities: ['issue'] },
  ])
})

test('[MER2] let go and posting in the same moment: one comes first, and nothing is given after it', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  const groupId = await groupOf(w, 'brand')
  for (let n = 0; n < 8; n++) {
    await hire(w, 'brand', 'li')
    await Promise.all([told(w, 'li', groupId), letGo(w, 'brand', 'li'), told(w, 'li', groupId)])
    expect(await told(w, 'li', groupId)).toBe('merchant.not_issuer')
  }
})

test('[MER10] a suspended merchant gives nothing, nor do those that belong to it; its members go on talking', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  const east = await groupOf(w, 'east')
  await hire(w, 'east', 'li')
  await suspend(w, 'brand', true)
  for (const who of ['li', 'host']) expect(await told(w, who, east)).toBe('merchant.suspended')
  expect(await told(w, 'li', east, 0)).toBeNull()
  await suspend(w, 'brand', false)
  expect(await told(w, 'li', east)).toBeNull()
})

test('[MER1] merchants stand in a tree of four levels, each where it was made; nobody but the host makes one', async () => {
  await using w = await world()
  await merchant(w, 'a')
  await merchant(w, 'b', 'a')
  await merchant(w, 'c', 'b')
  expect((await merchant(w, 'd', 'c')).path).toEqual(['d', 'c', 'b', 'a'])
  expect(await refusalOf(merchant(w, 'e', 'd'))).toBe('merchant.parent_invalid')
  expect(await refusalOf(merchant(w, 'c', 'a'))).toBe('merchant.parent_invalid')
  expect(await refusalOf(merchant(w, 'a', 'd'))).toBe('merchant.parent_invalid')
  expect(await refusalOf(merchant(w, 'x', 'nobody'))).toBe('merchant.not_found')
  expect((await merchant(w, 'c')).path).toEqual(['c', 'b', 'a'])
  const tries = [
    w.as('wang').call(putMerchantEndpoint, { params: { merchantId: 'mine' }, body: { name: '我的店' } }),
    w.as('wang').call(putStaff, {
      params: { merchantId: 'camellia', userId: 'wang' as UserId },
      body: { post: '店长', abilities: ['issue'] },
    }),
    w.as('wang').call(suspendMerchant, { params: { merchantId: 'camellia' }, body: { suspended: true } }),
    w.as('wang').call(listStaffEndpoint, { params: { merchantId: 'camellia' } }),
    w.as('wang').call(listMerchantsEndpoint, {}),
  ]
  for (const tried of tries) expect(await refusalOf(tried)).toBe('auth.scope')
})

test('[MER1] lists go on where a page ended; staff learn on their own stream what they may, and no one else does', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  for (const userId of ['li', 'zhao', 'sun']) await hire(w, 'brand', userId)
  const page = (after?: string) =>
    w.asServer().call(listStaffEndpoint, {
      params: { merchantId: 'brand' },
      query: { limit: 2, ...(after === undefined ? {} : { after: after as UserId }) },
    })
  expect((await page()).staff.map(({ userId }) => userId)).toEqual(['li', 'sun'])
  expect((await page('sun')).staff.map(({ userId }) => userId)).toEqual(['zhao'])
  expect(await refusalOf(hire(w, 'brand', 'nobody-knows'))).toBe('user.not_found')
  expect(await refusalOf(hire(w, 'nowhere', 'li'))).toBe('merchant.not_found')
  await w.settle()
  const recordOf = (name: string) => w.as(name).client?.records.get().get('merchant-staff/brand')?.body
  expect(recordOf('li')).toEqual({ name: 'brand', post: '导购', abilities: ['issue'] })
  expect(recordOf('wang')).toBeUndefined()
  await letGo(w, 'brand', 'li')
  await w.settle()
  expect(recordOf('li')).toBeUndefined()
})

test('[MER2] a group says whose it is, to its members and in its row', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  const groupId = await groupOf(w, 'east')
  expect(await w.as('li').call(merchantOfGroup, { params: { groupId } })).toEqual({
    merchant: { merchantId: 'east', name: 'east', suspended: false },
  })
  const friends = await w.makeFriendsGroup(['li'])
  expect(await w.as('li').call(merchantOfGroup, { params: { groupId: friends } })).toEqual({ merchant: null })
  const { group } = await w.core.snapshot({ appId, userId: 'li' as UserId, guest: false }, groupId)
  expect(group.merchantPath).toEqual(['east', 'brand'])
  const made = w.asServer().call(createGroupForHost, {
    body: { name: '门店群', ownerId: 'li' as UserId, merchantId: 'nowhere' },
  })
  expect(await refusalOf(made)).toBe('merchant.not_found')
})
