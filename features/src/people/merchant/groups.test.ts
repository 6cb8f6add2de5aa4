/** A merchant's groups when its people leave, and when it is suspended. */
import type { Ability, GroupId, UserId } from '@qun/contract'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import checkIn from '../../plays/check-in/server.ts'
import { createFlashSale } from '../../plays/flash-sale/server.ts'
import { aProduct } from '../../trade/product/fixtures.ts'
import product, { offeredProducts } from '../../trade/product/server.ts'
import luckyDraw from '../../plays/lucky-draw/server.ts'
import poll from '../../plays/poll/server.ts'
import membership from '../membership/server.ts'
import { createGroupForHost, disbandGroup, transferGroup } from '../membership/contract.ts'
import message from '../../words/message/server.ts'
import {
  endMerchantEndpoint,
  giveGroup,
  listMerchantsEndpoint,
  putMerchantEndpoint,
  putMyStaff,
  putStaff,
  removeStaff,
  suspendMerchant,
} from './contract.ts'
import feature from './server.ts'

const flashSale = createFlashSale({ products: [offeredProducts] })
const features = [message, membership, checkIn, product, flashSale, luckyDraw, poll, feature]
const world = async () => aProduct(await startWorld({ features }), 'guji')
const merchant = (w: World, merchantId: string, parentId?: string) =>
  w.asServer().call(putMerchantEndpoint, {
    params: { merchantId },
    body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
  })
async function hire(w: World, merchantId: string, userId: string, abilities: Ability[]): Promise<void> {
  await w
    .asServer()
    .call(putStaff, { params: { merchantId, userId: userId as UserId }, body: { post: '店员', abilities } })
  await w.pass(1_000)
}
async function letGo(w: World, merchantId: string, userId: string): Promise<void> {
  await w.asServer().call(removeStaff, { params: { merchantId, userId: userId as UserId } })
  await w.pass(1_000)
}
async function groupOf(
  w: World,
  merchantId: string,
  ownerId: string,
  more: { adminIds?: string[]; memberIds?: string[] } = {},
) {
  const body = { name: '门店群', ownerId, merchantId, ...more }
  return (await w.asServer().call(createGroupForHost, { body: body as never })).groupId
}
async function rolesIn(w: World, groupId: GroupId): Promise<Record<string, string>> {
  const { rows } = await w.store.reading(appId, (tx) =>
    sql<{
      user_id: string
      role: string
    }>`SELECT user_id, role FROM members WHERE group_id = ${groupId} AND active`.execute(tx),
  )
  return Object.fromEntries(rows.map(({ user_id, role }) => [user_id, role]))
}
const factsOf = async (w: World, name: string) => {
  const { rows } = await w.store.reading(appId, (tx) =>
    sql<{ data: string }>`SELECT data FROM facts WHERE name = ${name} ORDER BY at, fact_seq`.execute(tx),
  )
  return rows.map(({ data }) => JSON.parse(data) as unknown)
}

test('[MER7] whoever leaves loses their roles in the merchant’s groups, and those they own pass to who manages longest', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await hire(w, 'east', 'wang', ['issue'])
  await hire(w, 'brand', 'sun', ['manage'])
  await hire(w, 'east', 'zhao', ['moderate'])
  await hire(w, 'east', 'he', ['manage'])
  await hire(w, 'east', 'li', ['manage'])
  const all = await groupOf(w, 'east', 'wang', { memberIds: ['he', 'li', 'zhao', 'sun'] })
  const without = await groupOf(w, 'east', 'wang', { memberIds: ['zhao'] })
  const onlyLater = await groupOf(w, 'east', 'wang', { memberIds: ['li'] })
  const admin = await groupOf(w, 'east', 'he', { adminIds: ['wang'] })
  const friends = await w.makeFriendsGroup(['wang', 'li'])
  const brands = await groupOf(w, 'brand', 'wang', { memberIds: ['sun'] })
  await letGo(w, 'east', 'wang')
  // Of the merchant's own before those above it, who manages before who moderates, the longest-serving first.
  expect(await rolesIn(w, all)).toEqual({ wang: 'member', he: 'owner', li: 'member', zhao: 'member', sun: 'member' })
  // A member of the group before who would have to be made one.
  expect(await rolesIn(w, onlyLater)).toEqual({ wang: 'member', li: 'owner' })
  expect(await rolesIn(w, without)).toEqual({ wang: 'member', he: 'owner', zhao: 'member' })
  expect(await rolesIn(w, admin)).toEqual({ wang: 'member', he: 'owner' })
  // What is of no concern to that merchant stays as it is.
  expect(await rolesIn(w, friends)).toEqual({ wang: 'owner', li: 'member' })
  expect(await rolesIn(w, brands)).toEqual({ wang: 'owner', sun: 'member' })
})

test('[MER7] without anybody who manages, who moderates gets it; nobody banned; else who manages above; else the host is told', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await hire(w, 'east', 'wang', ['manage'])
  const groupId = await groupOf(w, 'east', 'wang', { adminIds: ['li'], memberIds: ['sun'] })
  await letGo(w, 'east', 'wang')
  expect(await rolesIn(w, groupId)).toEqual({ wang: 'owner', li: 'admin', sun: 'member' })
  expect(await factsOf(w, 'merchant.group-unmanaged')).toEqual([{ merchantId: 'east', groupId, ownerId: 'wang' }])
  // Whoever may run it first gets it, by the same rule.
  await hire(w, 'east', 'sun', ['issue'])
  expect((await rolesIn(w, groupId))['wang']).toBe('owner')
  await hire(w, 'brand', 'sun', ['moderate'])
  expect(await rolesIn(w, groupId)).toEqual({ wang: 'member', li: 'admin', sun: 'owner' })
  await letGo(w, 'brand', 'sun')
  // 孙老师 still works for the shop below.
  expect((await rolesIn(w, groupId))['sun']).toBe('owner')
  await letGo(w, 'east', 'sun')
  expect((await rolesIn(w, groupId))['sun']).toBe('owner')
  const give = (userId: string) =>
    w.asServer().call(giveGroup, { params: { groupId }, body: { userId: userId as UserId } })
  expect(await refusalOf(give('he'))).toBe('merchant.not_staff')
  await hire(w, 'east', 'he', ['talk-as'])
  await give('he')
  expect(await rolesIn(w, groupId)).toEqual({ wang: 'member', li: 'admin', sun: 'member', he: 'owner' })
})

test('[MER7] a group that waits and was given by hand, or ended, is left as it is', async () => {
  await using w = await world()
  await merchant(w, 'east')
  await hire(w, 'east', 'wang', ['manage'])
  const [given, ended] = [await groupOf(w, 'east', 'wang', { memberIds: ['li'] }), await groupOf(w, 'east', 'wang')]
  await letGo(w, 'east', 'wang')
  await w.as('wang').call(transferGroup, { params: { groupId: given }, body: { userId: 'li' as UserId } })
  await w.as('wang').call(disbandGroup, { params: { groupId: ended }, body: {} })
  await hire(w, 'east', 'he', ['manage'])
  expect(await rolesIn(w, given)).toEqual({ wang: 'admin', li: 'owner' })
  expect(await rolesIn(w, ended)).toEqual({ wang: 'owner' })
})

test('[MER7] many groups pass on in rounds, each of few', async () => {
  await using w = await world()
  await merchant(w, 'east')
  await hire(w, 'east', 'wang', ['manage'])
  await hire(w, 'east', 'he', ['manage'])
  const groupIds: GroupId[] = []
  for (let n = 0; n < 23; n++) groupIds.push(await groupOf(w, 'east', 'wang', n % 2 === 0 ? { memberIds: ['he'] } : {}))
  await letGo(w, 'east', 'wang')
  for (const groupId of groupIds) expect(await rolesIn(w, groupId)).toEqual({ wang: 'member', he: 'owner' })
  expect(await factsOf(w, 'merchant.leaving')).toHaveLength(4)
})

let keys = 0
const post = (w: World, who: string, groupId: GroupId, kind: string, body: object) =>
  w.core.post({ appId, groupId, kind, body, clientId: `g-${++keys}`, senderId: who as UserId })
const act = (w: World, who: string, at: { groupId: GroupId; seq: number }, action: string, input: object = {}) =>
  w.core.act({
    ...{ groupId: at.groupId, seq: at.seq, action, input, clientId: `a-${++keys}` },
    principal: { appId, userId: who as UserId, guest: false },
  })
const stateOf = async (w: World, at: { groupId: GroupId; seq: number }) =>
  (await w.core.message({ appId, userId: 'li' as UserId, guest: false }, at.groupId, at.seq)).message.state as Record<
    string,
    unknown
  >
const suspend = async (w: World, merchantId: string, suspended: boolean) => {
  await w.asServer().call(suspendMerchant, { params: { merchantId }, body: { suspended } })
  await w.pass(2_000)
}
const dayMs = 86_400_000
const bodies = (now: number) => ({
  'check-in': {
    ...{ title: '早起打卡', opens: 0, closes: 1_440, mode: 'cumulative', milestones: [{ days: 1, points: 5 }] },
    ...{ proof: 'none', makeUps: 0, leaderboard: false, endsAt: now + 9 * dayMs },
  },
  'lucky-draw': {
    ...{ title: '抽奖', organiser: '山茶咖啡', contact: '021-5555 0100', conditions: '每人一次', method: '到店领取' },
    ...{ prizes: [{ name: '杯子', quantity: 1, valueFen: 100 }] },
    ...{ closesAt: now + 3 * dayMs, drawsAt: now + 3 * dayMs },
  },
})

test('[MER10] suspended, its live plays end as they would have, and give nothing from then on; its members go on talking', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await hire(w, 'brand', 'wang', ['issue'])
  const people = { memberIds: ['li', 'zhao'] }
  const groupId = await groupOf(w, 'east', 'wang', people)
  const other = await w.makeGroup(['wang', 'li', 'zhao'])
  const made = bodies(w.time.now())
  const daily = await post(w, 'wang', groupId, 'check-in', made['check-in'])
  const draw = await post(w, 'wang', groupId, 'lucky-draw', made['lucky-draw'])
  const vote = await post(w, 'wang', groupId, 'poll', {
    ...{ question: '几点开门？', options: ['8', '9'], choicesMax: 1, anonymous: false },
    ...{ mayChange: false, mayAdd: false, hideResults: false },
  })
  const elsewhere = await post(w, 'wang', other, 'lucky-draw', made['lucky-draw'])
  await act(w, 'li', draw, 'enter')
  await act(w, 'li', daily, 'check')
  await suspend(w, 'brand', true)
  expect(await stateOf(w, draw)).toMatchObject({ phase: 'drawn', winners: [{ userId: 'li' }] })
  expect(await stateOf(w, daily)).toMatchObject({ phase: 'ended' })
  expect(await refusalOf(act(w, 'zhao', draw, 'enter'))).toBe('merchant.suspended')
  expect(await refusalOf(act(w, 'zhao', daily, 'check'))).toBe('merchant.suspended')
  // What gives nothing goes on, as does what another merchant gives.
  expect(await refusalOf(act(w, 'zhao', vote, 'vote', { choices: [0] }))).toBeNull()
  expect(await refusalOf(post(w, 'zhao', groupId, 'text', { text: '还在吗' }))).toBeNull()
  expect(await refusalOf(act(w, 'zhao', elsewhere, 'enter'))).toBeNull()
  // A group made meanwhile stands still, too.
  const fresh = await groupOf(w, 'east', 'wang', people)
  expect(await refusalOf(post(w, 'wang', fresh, 'lucky-draw', bodies(w.time.now())['lucky-draw']))).toBe(
    'merchant.suspended',
  )
  await suspend(w, 'brand', false)
  const again = await post(w, 'wang', fresh, 'lucky-draw', bodies(w.time.now())['lucky-draw'])
  expect(await refusalOf(act(w, 'zhao', again, 'enter'))).toBeNull()
  expect(await stateOf(w, draw)).toMatchObject({ phase: 'drawn' })
})

test('[MER10] a branch stays stopped while it or its brand is; many groups and plays stop in rounds', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await hire(w, 'brand', 'wang', ['issue'])
  const draws: { groupId: GroupId; seq: number }[] = []
  const first = await groupOf(w, 'east', 'wang', { memberIds: ['li'] })
  for (let n = 0; n < 27; n++) {
    const groupId = n === 0 ? first : await groupOf(w, n % 2 === 0 ? 'east' : 'brand', 'wang', { memberIds: ['li'] })
    draws.push(await post(w, 'wang', groupId, 'lucky-draw', bodies(w.time.now())['lucky-draw']))
  }
  for (let n = 0; n < 26; n++)
    draws.push(await post(w, 'wang', first, 'lucky-draw', bodies(w.time.now())['lucky-draw']))
  await suspend(w, 'brand', true)
  for (const draw of draws) expect(await stateOf(w, draw)).toMatchObject({ phase: 'drawn' })
  expect(await factsOf(w, 'merchant.stopping')).toHaveLength(1)
  await suspend(w, 'east', true)
  await suspend(w, 'brand', false)
  const stopped = await w.store.reading(appId, (tx) =>
    sql<{
      id: string
      n: number
    }>`SELECT merchant_path[1] AS id, count(*) AS n FROM groups WHERE stopped_at IS NOT NULL GROUP BY 1`.execute(tx),
  )
  expect(stopped.rows).toEqual([{ id: 'east', n: 14 }])
})

test('[MER10] an action that overlaps the suspension comes first, or is refused: nothing is given after it', async () => {
  await using w = await world()
  await merchant(w, 'east')
  await hire(w, 'east', 'wang', ['issue'])
  const groupId = await groupOf(w, 'east', 'wang', { memberIds: ['li', 'zhao', 'sun'] })
  const daily = await post(w, 'wang', groupId, 'check-in', bodies(w.time.now())['check-in'])
  const check = (who: string) => refusalOf(act(w, who, daily, 'check'))
  await Promise.all([check('li'), suspend(w, 'east', true), check('zhao')])
  expect(await check('sun')).toBe('merchant.suspended')
})

test('[MER10] an action that began before its group was stopped begins again, and is refused', async () => {
  await using w = await world()
  await merchant(w, 'east')
  await hire(w, 'east', 'wang', ['issue'])
  const groupId = await groupOf(w, 'east', 'wang', { memberIds: ['li'] })
  const daily = await post(w, 'wang', groupId, 'check-in', bodies(w.time.now())['check-in'])
  let isOver = false
  const goesOn = () => !isOver
  const told = await w.store.transaction(appId, async (tx) => {
    await sql`UPDATE groups SET stopped_at = 1 WHERE group_id = ${groupId}`.execute(tx)
    const asked = refusalOf(act(w, 'li', daily, 'check').finally(() => (isOver = true)))
    for (let waiting = 0; waiting === 0 && goesOn();) {
      const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(tx)
      waiting = rows[0]?.n ?? 0
    }
    return { asked }
  })
  expect(await told.asked).toBe('merchant.suspended')
})

test('[MER10] ended for good, a merchant gives nothing, nobody works for it, and its groups go on talking', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await hire(w, 'east', 'wang', ['issue', 'manage', 'talk-as'])
  await hire(w, 'brand', 'he', ['moderate'])
  const people = { memberIds: ['li', 'zhao'] }
  const groupId = await groupOf(w, 'east', 'wang', people)
  const draw = await post(w, 'wang', groupId, 'lucky-draw', bodies(w.time.now())['lucky-draw'])
  await act(w, 'li', draw, 'enter')
  const host = w.asServer()
  const end = (merchantId: string) => refusalOf(host.call(endMerchantEndpoint, { params: { merchantId } }))
  expect([await end('brand'), await end('nobody')]).toEqual(['merchant.has_branches', 'merchant.not_found'])
  const other = await post(w, 'wang', groupId, 'lucky-draw', bodies(w.time.now())['lucky-draw'])
  expect(await end('east')).toBeNull()
  // At once, before any round: what they could do is over.
  const draws = bodies(w.time.now())['lucky-draw']
  expect(await refusalOf(post(w, 'wang', groupId, 'lucky-draw', draws))).toBe('merchant.not_issuer')
  const hiring = { params: { merchantId: 'east', userId: 'zhao' as UserId }, body: { post: '店员', abilities: [] } }
  expect(await refusalOf(w.as('wang').call(putMyStaff, hiring))).toBe('merchant.not_found')
  await w.pass(2_000)
  for (const at of [draw, other]) expect(await stateOf(w, at)).toMatchObject({ phase: 'drawn' })
  expect(await refusalOf(act(w, 'zhao', other, 'enter'))).toBe('merchant.suspended')
  expect(await refusalOf(post(w, 'zhao', groupId, 'text', { text: '还在吗' }))).toBeNull()
  // Who works for the brand has it now; whoever owned it is one of them.
  expect(await rolesIn(w, groupId)).toEqual({ he: 'owner', wang: 'member', li: 'member', zhao: 'member' })
  expect(await factsOf(w, 'merchant.ended')).toEqual([{ merchantId: 'east' }])
  const held = await w.store.reading(appId, (tx) =>
    sql`SELECT FROM records WHERE kind = 'merchant-staff' AND key = 'east' AND body IS NOT NULL`.execute(tx),
  )
  expect(held.rows).toEqual([])
  // Told again nothing happens, and nothing brings it back.
  expect(await end('east')).toBeNull()
  const params = { merchantId: 'east' }
  const refusals = [
    host.call(putMerchantEndpoint, { params, body: { name: '东店' } }),
    host.call(putMerchantEndpoint, { params: { merchantId: 'corner' }, body: { name: '角', parentId: 'east' } }),
    host.call(suspendMerchant, { params, body: { suspended: false } }),
    host.call(putStaff, hiring),
    groupOf(w, 'east', 'wang'),
  ].map((asked) => refusalOf(asked as Promise<unknown>))
  expect(await Promise.all(refusals)).toEqual(Array(5).fill('merchant.ended'))
  const byHost = { appId, groupId, senderId: '' as UserId, asServer: true, kind: 'lucky-draw', clientId: 'host-1' }
  expect(await refusalOf(w.core.post({ ...byHost, body: draws }))).toBe('merchant.suspended')
  const { merchants } = await host.call(listMerchantsEndpoint, {})
  expect(merchants.map(({ merchantId, endedAt }) => [merchantId, endedAt !== null])).toEqual([
    ...[
      ['brand', false],
      ['camellia', false],
    ],
    ['east', true],
  ])
  expect(await end('brand')).toBeNull()
})
test('[MER10] a merchant that ends while somebody is hired, or a group made, has neither, or had it before', async () => {
  await using w = await world()
  const host = w.asServer()
  for (let n = 0; n < 8; n++) {
    const merchantId = `shop-${n}`
    await merchant(w, merchantId)
    const hiring = {
      params: { merchantId, userId: 'li' as UserId },
      body: { post: '店员', abilities: ['issue' as const] },
    }
    const [ended, branch] = await Promise.all([
      refusalOf(host.call(endMerchantEndpoint, { params: { merchantId } })),
      refusalOf(merchant(w, `${merchantId}-branch`, merchantId)),
      refusalOf(host.call(putStaff, hiring)),
      refusalOf(groupOf(w, merchantId, 'li')),
    ])
    expect([
      ['merchant.has_branches', null],
      [null, 'merchant.ended'],
    ]).toContainEqual([ended, branch])
  }
  await w.pass(2_000)
  const { rows } = await w.store.reading(appId, (tx) =>
    sql`SELECT FROM merchants m JOIN merchant_staff s USING (app_id, merchant_id)
      WHERE m.ended_at IS NOT NULL AND s.until IS NULL
      UNION ALL SELECT FROM merchants m JOIN groups g ON g.merchant_path[1] = m.merchant_id
      WHERE m.ended_at IS NOT NULL AND g.stopped_at IS NULL`.execute(tx),
  )
  expect(rows).toEqual([])
})
test('[MER10] many who worked for a merchant that ended are told in rounds', async () => {
  await using w = await world()
  await merchant(w, 'brand')
  const names = Array.from({ length: 60 }, (_, n) => `staff${String(n).padStart(2, '0')}`)
  for (const name of names) {
    await w.core.putUser(appId, { userId: name as UserId, name })
    const params = { merchantId: 'brand', userId: name as UserId }
    await w.asServer().call(putStaff, { params, body: { post: '店员', abilities: ['talk-as'] } })
  }
  await w.pass(1_000)
  await w.asServer().call(endMerchantEndpoint, { params: { merchantId: 'brand' } })
  await w.pass(2_000)
  expect(await factsOf(w, 'merchant.letting-go')).toEqual([{ merchantId: 'brand', after: 'staff49' }])
  const told = (await factsOf(w, 'merchant.staff-set')) as { userId: string; post: string | null }[]
  expect(told.filter(({ post: work }) => work === null).map(({ userId }) => userId)).toEqual(names)
})
