/** Staff who speak as the shop: what the group sees, what the log keeps, and who may not. */
import type { Ability, GroupId, Head, MessageRow, UserId } from '@qun/contract'
import { setStaff } from '@qun/core'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import checkIn from '../../plays/check-in/server.ts'
import membership from '../membership/server.ts'
import { createGroupForHost } from '../membership/contract.ts'
import { textMessage } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import { putMerchantEndpoint, putStaff, removeStaff, writerOf } from './contract.ts'
import feature from './server.ts'

const world = () => startWorld({ features: [message, membership, checkIn, feature] })
const merchant = (w: World, merchantId: string, name: string, parentId?: string) =>
  w.asServer().call(putMerchantEndpoint, {
    params: { merchantId },
    body: { name, ...(parentId === undefined ? {} : { parentId }) },
  })
const hire = (w: World, merchantId: string, userId: string, abilities: Ability[] = ['talk-as']) =>
  w.asServer().call(putStaff, { params: { merchantId, userId: userId as UserId }, body: { post: '客服', abilities } })
const letGo = (w: World, merchantId: string, userId: string) =>
  w.asServer().call(removeStaff, { params: { merchantId, userId: userId as UserId } })
async function groupOf(w: World, merchantId: string): Promise<GroupId> {
  const people = { ownerId: 'wang' as UserId, adminIds: ['li'] as UserId[], memberIds: ['zhao'] as UserId[] }
  return (await w.asServer().call(createGroupForHost, { body: { name: '门店群', merchantId, ...people } })).groupId
}
let keys = 0
const say = (w: World, who: string, groupId: GroupId, text: string, more: { as?: boolean; clientId?: string } = {}) =>
  w.core.post({
    ...{ appId, groupId, kind: 'text', body: { text }, clientId: `s-${++keys}`, senderId: who as UserId },
    ...more,
  })
const giveIn = (w: World, who: string, groupId: GroupId) =>
  w.core.post({
    ...{ appId, groupId, kind: 'check-in', clientId: `s-${++keys}`, senderId: who as UserId },
    body: {
      ...{ title: '早起打卡', opens: 0, closes: 1_440, mode: 'cumulative', milestones: [{ days: 1, points: 5 }] },
      ...{ proof: 'none', makeUps: 0, leaderboard: false },
    },
  })
async function shop(): Promise<{ w: World; groupId: GroupId; [Symbol.asyncDispose](): Promise<void> }> {
  const w = await world()
  await merchant(w, 'brand', '山茶咖啡')
  await merchant(w, 'east', '山茶咖啡东门店', 'brand')
  const groupId = await groupOf(w, 'east')
  return { w, groupId, [Symbol.asyncDispose]: () => w[Symbol.asyncDispose]() }
}
const messageAt = (w: World, who: string, groupId: GroupId, seq: number): Promise<{ message: MessageRow }> =>
  w.core.message({ appId, userId: who as UserId, guest: false }, groupId, seq)

test('[MER7] [A-14] two staff answer as the shop: members see which, the log and the host who', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'east', 'li')
  await hire(w, 'brand', 'zhao')
  const first = await say(w, 'li', groupId, '在的', { as: true })
  const second = await say(w, 'zhao', groupId, '我来处理', { as: true })
  expect((await messageAt(w, 'wang', groupId, first.seq)).message).toMatchObject({
    senderId: 'li',
    as: { merchantId: 'east', name: '山茶咖啡东门店' },
  })
  // Whoever works for the brand speaks as the brand, also in a shop's group.
  expect((await messageAt(w, 'wang', groupId, second.seq)).message.as).toEqual({
    merchantId: 'brand',
    name: '山茶咖啡',
  })
  const own = await say(w, 'li', groupId, '我自己也喜欢')
  expect((await messageAt(w, 'wang', groupId, own.seq)).message).not.toHaveProperty('as')
  const writer = (seq: number) => w.asServer().call(writerOf, { params: { groupId, seq } })
  expect(await writer(first.seq)).toMatchObject({ userId: 'li', name: '小李', as: { merchantId: 'east' } })
  expect(await writer(own.seq)).toMatchObject({ userId: 'li', as: null })
  expect(await refusalOf(w.as('wang').call(writerOf, { params: { groupId, seq: first.seq } }))).toBe('auth.scope')
})

test('[MER7] nobody speaks as a shop who may not at that instant, whatever their client says', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await merchant(w, 'next', '隔壁')
  await hire(w, 'next', 'li')
  await hire(w, 'east', 'zhao', ['moderate', 'issue', 'campaign', 'read-numbers', 'manage'])
  for (const who of ['wang', 'li', 'zhao'])
    expect([who, await refusalOf(say(w, who, groupId, '官方通知', { as: true }))]).toEqual([
      who,
      'merchant.not_speaker',
    ])
  const friends = await w.makeFriendsGroup(['zhao', 'li'])
  await hire(w, 'east', 'zhao')
  expect(await refusalOf(say(w, 'zhao', friends, '官方通知', { as: true }))).toBe('merchant.not_speaker')
  expect(await refusalOf(say(w, 'zhao', groupId, '在的', { as: true }))).toBeNull()
  // A name on the row is the engine's alone: what a client puts into the body stays in the body.
  const claimed = w.core.post({
    ...{ appId, groupId, kind: 'text', clientId: 'claimed', senderId: 'li' as UserId },
    body: { text: '官方通知', as: { merchantId: 'east', name: '山茶咖啡' } },
  })
  expect(await refusalOf(claimed)).toBe('request.unknown_field')
})

test('[MER7] let go and speaking in the same moment: one comes first, and nothing is said as the shop after it', async () => {
  await using made = await shop()
  const { w, groupId } = made
  for (let n = 0; n < 8; n++) {
    await hire(w, 'east', 'li')
    const speak = () => refusalOf(say(w, 'li', groupId, '在的', { as: true }))
    await Promise.all([speak(), letGo(w, 'east', 'li'), speak()])
    expect(await speak()).toBe('merchant.not_speaker')
  }
})

test.each(['text', 'check-in'] as const)(
  '[MER7] [MER2] a %s posted while its writer is being let go waits for that, and is refused',
  async (kind) => {
    await using made = await shop()
    const { w, groupId } = made
    await hire(w, 'east', 'li', ['talk-as', 'issue'])
    let isOver = false
    const goesOn = () => !isOver
    const post = () =>
      (kind === 'text' ? say(w, 'li', groupId, '在的', { as: true }) : giveIn(w, 'li', groupId)).finally(
        () => (isOver = true),
      )
    const told = await w.store.transaction(appId, async (tx) => {
      const call = { tx, appId, now: w.time.now() }
      await setStaff(call, { merchantId: 'east', userId: 'li' }, null)
      const asked = refusalOf(post())
      // It waits for this transaction, or does not wait and is over.
      for (let waiting = 0; waiting === 0 && goesOn();) {
        const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(tx)
        waiting = rows[0]?.n ?? 0
      }
      return { asked }
    })
    expect(await told.asked).toBe(kind === 'text' ? 'merchant.not_speaker' : 'merchant.not_issuer')
  },
)

test('[MER7] a retry is known by its key, as what it was; lists, edits and recalls keep the shop', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'east', 'li')
  const conversations = w.as('wang').connect().conversations
  w.as('wang').watch(groupId)
  await w.settle()
  const said = await say(w, 'li', groupId, '在的', { as: true, clientId: 'once' })
  await letGo(w, 'east', 'li')
  // The first answer stands, though they are gone; the same words as somebody's own are others.
  expect(await say(w, 'li', groupId, '在的', { as: true, clientId: 'once' })).toMatchObject({
    seq: said.seq,
    replayed: true,
  })
  expect(await refusalOf(say(w, 'li', groupId, '在的', { clientId: 'once' }))).toBe('idempotency.key_reused')
  const lastIn = async (): Promise<Head['last']> => {
    await w.pass(2_000)
    const live = conversations.get().find((one) => one.groupId === groupId)?.head.last
    const { conversations: read } = await w.core.conversations({ appId, userId: 'zhao' as UserId, guest: false })
    expect(read.find((one) => one.groupId === groupId)?.head.last).toEqual(live)
    return live ?? null
  }
  const as = { merchantId: 'east', name: '山茶咖啡东门店' }
  const shown = { senderName: '山茶咖啡东门店 · 小李', senderBadge: 'merchant', as }
  expect(await lastIn()).toMatchObject({ ...shown, summary: '在的' })
  await hire(w, 'east', 'li')
  await w.as('li').act({ groupId, seq: said.seq }, textMessage, 'edit', { text: '在的，您说', ifEdits: 0 })
  await letGo(w, 'east', 'li')
  expect((await messageAt(w, 'wang', groupId, said.seq)).message).toMatchObject({ as, senderId: 'li' })
  expect(await lastIn()).toMatchObject({ ...shown, summary: '在的，您说' })
  await w.core.recall({ appId, userId: 'li' as UserId, guest: false }, groupId, said.seq)
  expect((await messageAt(w, 'wang', groupId, said.seq)).message).toMatchObject({ as, body: null })
  expect(await lastIn()).toMatchObject(shown)
})

test('[A-13] lists show the badge of who spoke last: of staff, of a bot, and none of a customer', async () => {
  await using made = await shop()
  const { w, groupId } = made
  for (const badge of ['bot', 'staff', null] as const) {
    await w.core.putUser(appId, { userId: 'zhao' as UserId, name: '赵阿姨', badge })
    await say(w, 'zhao', groupId, '早')
    const { conversations } = await w.core.conversations({ appId, userId: 'wang' as UserId, guest: false })
    expect(conversations.find((one) => one.groupId === groupId)?.head.last?.senderBadge ?? null).toBe(badge)
  }
})

test('[MER7] who speaks for themselves costs the store what they always did: no statement more, none about shops', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'east', 'li')
  await say(w, 'li', groupId, '早')
  const statementsOf = async (as: boolean, who = 'li') => {
    const before = w.statements.sent.length
    await say(w, who, groupId, '早', { as })
    return w.statements.sent.slice(before)
  }
  const asShop = await statementsOf(true)
  expect(asShop.some((text) => text.includes('merchant_staff'))).toBe(true)
  const own = await statementsOf(false)
  expect(own.filter((text) => text.includes('merchant'))).toEqual([])
  expect(own).toEqual(await statementsOf(false, 'zhao'))
})

test('[MER7] a client says that it asks; what is sent again asks again, and its refusal shows', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'brand', 'li')
  const handle = await w.as('li').open(groupId)
  const brand = { merchantId: 'brand', name: '山茶咖啡' }
  const sent = handle.send(textMessage, { text: '在的' }, brand)
  expect(handle.get().pending).toMatchObject([{ as: brand }])
  await w.settle()
  const { seq } = await sent
  expect(handle.get().messages.find((one) => one.seq === seq)).toMatchObject({ senderId: 'li', as: brand })
  await letGo(w, 'brand', 'li')
  const refused = refusalOf(handle.send(textMessage, { text: '还在' }, brand))
  await w.settle()
  expect(await refused).toBe('merchant.not_speaker')
  const [failed] = handle.get().pending
  expect(failed).toMatchObject({ status: 'failed', as: brand, problem: { code: 'merchant.not_speaker' } })
  await hire(w, 'brand', 'li')
  handle.resend(failed!.clientId)
  await w.settle()
  expect(handle.get().messages.at(-1)).toMatchObject({ body: { text: '还在' }, as: brand })
})

test('[MER7] what was said as the shop is changed only by who may still say it as that shop; taking it back stays theirs', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'east', 'li')
  const { seq } = await say(w, 'li', groupId, '全场八折', { as: true })
  const own = await say(w, 'li', groupId, '我自己说')
  const edit = (at: number, text: string, ifEdits = 0) =>
    refusalOf(w.as('li').act({ groupId, seq: at }, textMessage, 'edit', { text, ifEdits }))
  const told = async () => ((await messageAt(w, 'wang', groupId, seq)).message.state as { edits: number }).edits
  await letGo(w, 'east', 'li')
  expect(await edit(seq, '加我微信')).toBe('merchant.not_speaker')
  await hire(w, 'east', 'li', ['moderate', 'issue', 'campaign', 'read-numbers', 'manage'])
  expect(await edit(seq, '加我微信')).toBe('merchant.not_speaker')
  // Whoever speaks for another shop of the path speaks under its name, not under this one.
  await hire(w, 'brand', 'li')
  expect(await edit(seq, '加我微信')).toBe('merchant.not_speaker')
  expect(await told()).toBe(0)
  expect(await edit(own.seq, '还是我自己')).toBeNull()
  await hire(w, 'east', 'li')
  expect(await edit(seq, '全场九折')).toBeNull()
  await letGo(w, 'east', 'li')
  expect(await edit(seq, '加我微信', 1)).toBe('merchant.not_speaker')
  expect(await told()).toBe(1)
  expect(await refusalOf(w.as('li').recall({ groupId, seq }))).toBeNull()
})
test('[MER7] an edit in the moment its writer is let go waits for that, and is refused', async () => {
  await using made = await shop()
  const { w, groupId } = made
  await hire(w, 'east', 'li')
  const { seq } = await say(w, 'li', groupId, '全场八折', { as: true })
  let isOver = false
  const goesOn = () => !isOver
  const change = { text: '加我微信', ifEdits: 0 }
  const asked = await w.store.transaction(appId, async (tx) => {
    await setStaff({ tx, appId, now: w.time.now() }, { merchantId: 'east', userId: 'li' }, null)
    const told = refusalOf(
      w
        .as('li')
        .act({ groupId, seq }, textMessage, 'edit', change)
        .finally(() => (isOver = true)),
    )
    for (let waiting = 0; waiting === 0 && goesOn();) {
      const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(tx)
      waiting = rows[0]?.n ?? 0
    }
    return { told }
  })
  expect(await asked.told).toBe('merchant.not_speaker')
})
