/** As many at once as a test says, for the last coupon and the last unit of a cap: fast sixty-four, slow a thousand. */
import { campaignBudget, DAY, mainMerchant, type UserId } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, startWorld, type At, type World } from '@qun/testing'
import { expect } from 'vitest'
import { crowd, spread } from '../../people/membership/fixtures.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { coupon, createStock, stockOf } from './contract.ts'
import feature from './server.ts'

const campaign = 'spring'
const currency = 'CNY'
interface Rush {
  readonly world: World
  readonly stockId: string
  /** Everybody claims at once, on two cards of the stock and three nodes. */
  claim(): Promise<(string | null)[]>
}
async function openRush(count: number, total: number): Promise<Rush & AsyncDisposable> {
  const world = await startWorld({
    features: [message, membership, feature],
    limits: { snapshotMembers: 1_100 },
    watching: [],
  })
  const now = world.time.now()
  const { groupId, names } = await crowd(world, count)
  const terms = {
    ...{ kind: 'direct' as const, amountFen: 500, total, perUser: 1, campaign },
    claim: { from: now, until: now + DAY },
    validity: { mode: 'relative' as const, afterDays: 0, forDays: 7 },
  }
  const { stockId } = await world.asServer().call(createStock, { body: { title: '券', terms } })
  const cards: At[] = []
  for (const clientId of ['a', 'b']) {
    const card = { appId, groupId, senderId: '' as UserId, asServer: true, kind: coupon.kind, clientId }
    const { seq } = await world.core.post({ ...card, body: { title: '券', contact: '店内', stockId } })
    cards.push({ groupId, seq })
  }
  await spread(world)
  const claimAs = (name: string, n: number) =>
    refusalOf(world.as(name).act(cards[n % 2] ?? { groupId, seq: 0 }, coupon, 'claim', {}))
  return {
    world,
    stockId,
    claim: () => Promise.all(names.map(claimAs)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}
export async function lastCoupon(count: number): Promise<void> {
  await using rush = await openRush(count, 1)
  const { world, stockId } = rush
  const codes = await rush.claim()
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'coupon.sold_out')).toHaveLength(count - 1)
  expect(await world.asServer().call(stockOf, { params: { stockId } })).toMatchObject({ issued: 1, available: 0 })
}
/** The campaign has room for two and a half: two have one, and the stock keeps the others. */
export async function lastOfCap(count: number): Promise<void> {
  await using rush = await openRush(count, count)
  const { world, stockId } = rush
  const cap = { scope: `campaign/${campaign}`, currency, cap: 1_250 }
  await world.store.transaction(appId, (tx) => setBudget({ tx, appId }, cap))
  const codes = await rush.claim()
  expect(codes.filter((code) => code === null)).toHaveLength(2)
  expect(codes.filter((code) => code === 'budget.exhausted')).toHaveLength(count - 2)
  const stock = await world.asServer().call(stockOf, { params: { stockId } })
  expect(stock).toMatchObject({ issued: 2, available: count - 2 })
  const key = { ...campaignBudget(mainMerchant, campaign), currency }
  const standing = await world.store.reading(appId, (tx) => budgetOf({ tx, appId }, key))
  expect(standing).toEqual({ cap: 1_250, spent: 1_000 })
}
