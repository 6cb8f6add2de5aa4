/** Points of several merchants, and what goes back when an order ends; through a whole world. */
import type { UserId } from '@qun/contract'
import { refusalOf, shopId, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff, suspendMerchant } from '../../people/merchant/contract.ts'
import merchant from '../../people/merchant/server.ts'
import { createGroupForHost } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import { redPacket } from '../../plays/red-packet/contract.ts'
import redPackets from '../../plays/red-packet/server.ts'
import message from '../../words/message/server.ts'
import budget from '../budget/server.ts'
import { budgetSpent } from '../budget/contract.ts'
import { postOrderEvent } from '../order/contract.ts'
import order from '../order/server.ts'
import { deductPoints, fundPoints, grantPoints, myPoints, myWallets, pointsOf } from './contract.ts'
import feature from './server.ts'

const li = 'li' as UserId
const features = [message, membership, merchant, redPackets, budget, order, feature]
const open = () => startWorld({ features, watching: [] })
let keys = 0
const key = () => ({ key: `k${(keys += 1)}` })
/** The brewing class: a merchant with points of its own, and a group. */
async function brewery(w: World, put: { programme?: string; parentId?: string } = {}) {
  const host = w.asServer()
  await host.call(putMerchantEndpoint, { params: { merchantId: 'brew' }, body: { name: '手冲课堂', ...put } })
  const body = { post: '老师', abilities: ['issue' as const] }
  await host.call(putStaff, { params: { merchantId: 'brew', userId: 'he' as UserId }, body })
  const { groupId } = await host.call(createGroupForHost, {
    ...key(),
    body: { merchantId: 'brew', name: '手冲群', ownerId: 'he' as UserId, memberIds: [li] },
  })
  return groupId
}
const grant = (w: World, ref: string, amount: number, more: { merchantId?: string; orderId?: string } = {}) =>
  w.asServer().call(grantPoints, { ...key(), body: { ref, userId: li, amount, ...more } })
const deduct = (w: World, ref: string, amount: number, merchantId?: string) =>
  w.asServer().call(deductPoints, {
    ...key(),
    body: { ref, userId: li, amount, ...(merchantId === undefined ? {} : { merchantId }) },
  })

describe('points of several merchants', () => {
  test('[MER10] a suspended merchant grants nothing and sets nothing aside; what it gave is spent and goes back', async () => {
    await using w = await open()
    await brewery(w)
    const fund = (ref: string) =>
      refusalOf(
        w.asServer().call(fundPoints, { ...key(), body: { ref, fund: 'spring', amount: 10, merchantId: 'brew' } }),
      )
    await grant(w, 'a', 100, { merchantId: 'brew' })
    expect(await fund('f')).toBe(null)
    const suspend = (suspended: boolean) =>
      w.asServer().call(suspendMerchant, { params: { merchantId: 'brew' }, body: { suspended } })
    await suspend(true)
    expect(await refusalOf(grant(w, 'b', 1, { merchantId: 'brew' }))).toBe('merchant.suspended')
    expect(await fund('g')).toBe('merchant.suspended')
    // What repeats an earlier call was given then.
    expect(await grant(w, 'a', 100, { merchantId: 'brew' })).toMatchObject({ replayed: true, balance: 100 })
    expect(await fund('f')).toBe(null)
    expect(await deduct(w, 'd', 30, 'brew')).toMatchObject({ balance: 70 })
    expect(await refusalOf(grant(w, 'other', 1))).toBe(null)
    await suspend(false)
    expect(await grant(w, 'b', 1, { merchantId: 'brew' })).toMatchObject({ balance: 71 })
  })
  test('[MER3] [PO9] what one gave is spent with that one alone; the wallets stand side by side', async () => {
    await using w = await open()
    const brewing = await brewery(w)
    await grant(w, 'a', 100)
    expect(await grant(w, 'b', 40, { merchantId: 'brew' })).toMatchObject({ balance: 40 })
    expect(await refusalOf(deduct(w, 'c', 41, 'brew'))).toBe('ledger.insufficient_funds')
    expect(await deduct(w, 'd', 10, 'brew')).toMatchObject({ balance: 30 })
    const mine = (groupId: typeof brewing) => w.as('li').call(myPoints, { params: { groupId } })
    expect(await mine(w.groupId)).toMatchObject({ balance: 100, programme: 'main' })
    expect(await mine(brewing)).toMatchObject({ balance: 30, programme: 'brew' })
    expect(await mine(await w.makeFriendsGroup(['li', 'zhao']))).toEqual({ balance: 0, lots: [], programme: null })
    expect(await w.as('li').call(myWallets, {})).toEqual({
      wallets: [
        { programme: 'main', names: ['山茶咖啡'], balance: 100 },
        { programme: 'brew', names: ['手冲课堂'], balance: 30 },
      ],
    })
    const of = { params: { userId: li }, query: { merchantId: 'brew' } }
    expect((await w.asServer().call(pointsOf, of)).balance).toBe(30)
    expect(await refusalOf(grant(w, 'x', 1, { merchantId: 'nobody' }))).toBe('merchant.not_found')
  })
  test('[MER3] merchants that the host declared to share a programme spend each other’s points', async () => {
    await using w = await open()
    const brewing = await brewery(w, { programme: 'main' })
    await grant(w, 'a', 100)
    expect(await deduct(w, 'b', 70, 'brew')).toMatchObject({ balance: 30 })
    expect(await w.as('li').call(myPoints, { params: { groupId: brewing } })).toMatchObject({ balance: 30 })
    const again = { params: { merchantId: 'brew' }, body: { name: '手冲课堂', programme: 'brew' } }
    expect(await refusalOf(w.asServer().call(putMerchantEndpoint, again))).toBe('merchant.parent_invalid')
  })
  test('[MER3] the host’s own programme is known from the beginning: it is not told to be another', async () => {
    await using w = await open()
    await grant(w, 'a', 50)
    await brewery(w)
    const put = (body: { name: string; programme?: string; parentId?: string }) =>
      refusalOf(w.asServer().call(putMerchantEndpoint, { params: { merchantId: 'main' }, body }))
    expect(await put({ name: '山茶平台', programme: 'brew' })).toBe('merchant.parent_invalid')
    expect(await put({ name: '山茶平台', parentId: 'brew' })).toBe('merchant.parent_invalid')
    expect(await put({ name: '山茶平台', programme: 'main' })).toBe(null)
    expect(await put({ name: '山茶', programme: 'brew' })).toBe('merchant.parent_invalid')
    expect(await deduct(w, 'b', 20, 'main')).toMatchObject({ balance: 30 })
  })
  test('[MER3] a packet of one’s own points goes where they are worth something', async () => {
    await using w = await open()
    const brewing = await brewery(w)
    await grant(w, 'a', 100)
    const packet = { currency: 'points', amount: 30, count: 1, split: 'equal' as const }
    const send = (groupId: typeof brewing) => w.as('li').post(groupId, redPacket, packet)
    expect(await refusalOf(send(brewing))).toBe('ledger.insufficient_funds')
    const friends = await w.makeFriendsGroup(['li', 'zhao'])
    expect(await refusalOf(send(friends))).toBe('redpacket.no_points')
    await grant(w, 'b', 30, { merchantId: 'brew' })
    const sent = await send(brewing)
    await w.as('he').act(sent, redPacket, 'open', {})
    const of = (userId: string, merchantId?: string) =>
      w.asServer().call(pointsOf, {
        params: { userId: userId as UserId },
        query: merchantId === undefined ? {} : { merchantId },
      })
    expect([(await of('he', 'brew')).balance, (await of('he')).balance]).toEqual([30, 0])
  })
  test('[MER3] [MER5] what a merchant set aside and what it gave is its own', async () => {
    await using w = await open()
    const brewing = await brewery(w)
    const fund = (ref: string, merchantId: string) =>
      w.asServer().call(fundPoints, { ...key(), body: { ref, merchantId, fund: 'spring', amount: 100 } })
    await fund('a', 'brew')
    const shops = { currency: 'points', amount: 60, count: 1, split: 'equal' as const, budget: 'spring' }
    expect(await refusalOf(w.as('wang').post(w.groupId, redPacket, shops))).toBe('budget.exhausted')
    await w.as('he').post(brewing, redPacket, shops)
    const spent = async (merchantId: string, scope: string) =>
      (await w.asServer().call(budgetSpent, { query: { merchantId, scope, currency: 'points' } })).spent
    for (const scope of ['merchant-day', 'merchant-month'])
      expect([await spent('brew', scope), await spent(shopId, scope)]).toEqual([60, 0])
  })
})

describe('orders', () => {
  const report = (w: World, eventId: string, kind: 'paid' | 'refunded' | 'cancelled', userId: UserId = li) =>
    w.asServer().call(postOrderEvent, {
      body: { eventId, kind, orderId: 'o1', userId, shopId: 's', at: w.time.now() },
    })
  const balance = async (w: World) => (await w.asServer().call(pointsOf, { params: { userId: li }, query: {} })).balance
  test('[E-20] [PO10] a refund takes back what its order was granted, exactly and once', async () => {
    await using w = await open()
    await grant(w, 'other', 7)
    await report(w, 'e1', 'paid')
    for (const ref of ['a', 'b']) await grant(w, ref, 50, { orderId: 'o1' })
    await w.settle()
    expect(await balance(w)).toBe(107)
    await report(w, 'e2', 'refunded')
    await w.settle()
    expect(await balance(w)).toBe(7)
    for (const kind of ['refunded', 'cancelled'] as const) await report(w, `late-${kind}`, kind)
    await w.settle()
    expect(await balance(w)).toBe(7)
    const day = { scope: 'member-day', currency: 'points', userId: li }
    expect((await w.asServer().call(budgetSpent, { query: day })).spent).toBe(7)
    expect(await refusalOf(grant(w, 'late', 1, { orderId: 'o1' }))).toBe('points.order_invalid')
  })
  test('[E-20] [PO10] of what was spent meanwhile the rest goes back, and the host is told what is missing', async () => {
    await using w = await open()
    await report(w, 'e1', 'paid')
    await grant(w, 'a', 50, { orderId: 'o1' })
    await deduct(w, 'gift', 30)
    await report(w, 'e2', 'cancelled')
    await w.settle()
    expect(await balance(w)).toBe(0)
    const { rows } = await w.store.reading('*', (tx) =>
      sql<{ data: unknown }>`SELECT data FROM facts WHERE name = 'points.clawed-back'`.execute(tx),
    )
    const told = { orderId: 'o1', userId: 'li', ref: 'a', amount: 20, missing: 30 }
    expect(rows.map(({ data }) => (typeof data === 'string' ? JSON.parse(data) : data))).toEqual([told])
  })
  test('[E-20] [PO10] an order that ended before anything was granted carries nothing; nor another’s order', async () => {
    await using w = await open()
    await report(w, 'e1', 'cancelled')
    await w.settle()
    expect(await refusalOf(grant(w, 'a', 5, { orderId: 'o1' }))).toBe('points.order_invalid')
    const other = { ref: 'b', userId: 'zhao' as UserId, amount: 5, orderId: 'o1' }
    expect(await refusalOf(w.asServer().call(grantPoints, { ...key(), body: other }))).toBe('points.order_invalid')
    expect(await balance(w)).toBe(0)
  })
  test('[E-20] [PO10] grants and the end of their order at once: nothing is left granted', async () => {
    await using w = await open()
    await report(w, 'e1', 'paid')
    await Promise.all([
      ...Array.from({ length: 8 }, (_, i) => refusalOf(grant(w, `g${i}`, 5, { orderId: 'o1' }))),
      report(w, 'e2', 'refunded'),
    ])
    await w.settle()
    expect(await balance(w)).toBe(0)
  })
  test('[MER9] [PO10] the audit names a grant that an ended order left behind', async () => {
    const w = await open()
    await report(w, 'e1', 'paid')
    await grant(w, 'a', 5, { orderId: 'o1' })
    await w.settle()
    await w.store.transaction('*', (tx) => sql`UPDATE points_orders SET ended = true`.execute(tx))
    await expect(w[Symbol.asyncDispose]()).rejects.toThrow('PO10')
  })
})
