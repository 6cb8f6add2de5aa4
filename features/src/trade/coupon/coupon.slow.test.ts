/** A crowd at one stock, and a batch that is killed on its way: slow, and exact to the last coupon. */
import { DAY, type UserId } from '@qun/contract'
import { lengthOf, refusalOf, startWorld, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { coupon, createStock, issueBatch, stockOf } from './contract.ts'
import feature from './server.ts'

/** Once in ten commits; a tenth of them the other times. */
const clients = lengthOf(1_000, 7)
const couponsThere = clients / 10
const batchSize = lengthOf(10_000, 9)

const id = (name: string) => name as UserId
const open = () =>
  startWorld({ features: [message, membership, feature], limits: { snapshotMembers: 1_100 }, watching: ['li'] })
const termsAt = (world: World, total: number) => ({
  kind: 'direct' as const,
  amountFen: 500,
  total,
  perUser: 1,
  claim: { from: world.time.now(), until: world.time.now() + DAY },
  validity: { mode: 'relative' as const, afterDays: 0, forDays: 7 },
})

test('[C1] [C2] a thousand clients for a hundred coupons: a hundred people have one each; all replayed, nothing changes', async () => {
  await using world = await open()
  const names = Array.from({ length: clients }, (_, n) => `m${n}`)
  for (const name of names) await world.core.putUser('shop' as never, { userId: id(name), name })
  const groupId = await world.makeGroup(['wang'], { capacity: 2_000 })
  for (let n = 0; n < clients; n += 100) {
    const userIds = names.slice(n, n + 100).map(id)
    await world.as('wang').call(addMembers, { params: { groupId }, body: { userIds } })
  }
  const at = await world
    .as('wang')
    .post(groupId, coupon, { title: '百张', contact: '店内', terms: termsAt(world, couponsThere) })
  const { stockId } = (await world.core.message(world.as('wang').principal, groupId, at.seq)).message.state as {
    stockId: string
  }
  const rush = () =>
    Promise.all(names.map((name) => refusalOf(world.as(name).act(at, coupon, 'claim', {}, `c-${name}`))))
  const began = performance.now()
  const codes = await rush()
  const tookMs = performance.now() - began
  expect(codes.filter((code) => code === null)).toHaveLength(couponsThere)
  expect(codes.filter((code) => code === 'coupon.sold_out')).toHaveLength(clients - couponsThere)
  expect(await rush()).toEqual(codes)
  const stock = await world.asServer().call(stockOf, { params: { stockId } })
  expect(stock).toMatchObject({ issued: couponsThere, available: 0, counts: { issued: couponsThere } })
  expect(tookMs).toBeLessThan(30_000)
})

test('[C9] (CPN-16) a batch of ten thousand whose calls break off at five places ends with ten thousand', async () => {
  await using world = await open()
  const { stockId } = await world
    .asServer()
    .call(createStock, { body: { title: '万张', terms: termsAt(world, batchSize) } })
  const names = Array.from({ length: batchSize }, (_, n) => id(`m${n}`))
  let breaks = 5
  let calls = 0
  // A node whose store goes away in the middle of every third call, five times: killed as far as the engine can tell.
  const dying = await world.startNode({
    store: ({ transaction }) => ({
      transaction: (appId, run) =>
        transaction(appId, async (tx) => {
          const result = await run(tx)
          if (++calls % 3 === 0 && breaks-- > 0) throw Object.assign(new Error('killed'), { code: 'ECONNRESET' })
          return result
        }),
    }),
  })
  world.route = () => dying
  const server = dying.registry.endpoints.get(issueBatch.name)
  const atOnce = batchSize / 20
  for (let n = 0; n < names.length; n += atOnce) {
    const request = {
      appId: 'shop' as never,
      caller: { kind: 'server' as const },
      params: { stockId, batchId: 'all' },
      query: {},
      body: { userIds: names.slice(n, n + atOnce) },
    }
    while ((await refusalOf(dying.call(server as never, request))) !== null);
  }
  world.takeBugs()
  expect(breaks).toBeLessThanOrEqual(0)
  const stock = await world.asServer().call(stockOf, { params: { stockId } })
  expect(stock).toMatchObject({ issued: batchSize, available: 0, counts: { issued: batchSize } })
})
