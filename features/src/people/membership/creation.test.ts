/** Who may make groups, and how many: what the host set, what it told, and what a refusal says. */
import { Refusal, type RequestOf, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import merchant from '../merchant/server.ts'
import { putMerchantEndpoint, putStaff } from '../merchant/contract.ts'
import message from '../../words/message/server.ts'
import {
  createGroup,
  createGroupForMerchant,
  disbandGroup,
  listGroupPolicies,
  merchantGroupPolicy,
  myGroupPolicy,
  putGroupPolicy,
  putMerchantStanding,
  putPersonStanding,
  type GroupKind,
  type GroupPolicy,
} from './contract.ts'
import { quotaFor, standsOf } from './rules-creation.ts'
import feature from './server.ts'

const world = () => startWorld({ features: [message, feature, merchant] })
const policy = (w: World, kind: GroupKind, told: GroupPolicy | null, merchantId?: string) =>
  w.asServer().call(putGroupPolicy, {
    params: { kind },
    body: { policy: told, ...(merchantId === undefined ? {} : { merchantId }) },
  })
const tell = (w: World, userId: string, body: RequestOf<typeof putPersonStanding>) =>
  w.asServer().call(putPersonStanding, { params: { userId: userId as UserId }, body })
const make = (w: World, who: string) => w.as(who).call(createGroup, { body: { name: '周末' } })
const makeFor = (w: World, who: string, merchantId: string) =>
  w.as(who).call(createGroupForMerchant, { params: { merchantId }, body: { name: '门店群' } })
/** What a refusal says is missing: the condition, what there is, what it takes. */
async function missing(attempt: Promise<unknown>): Promise<unknown> {
  const error = await attempt.then(
    () => undefined,
    (told: unknown) => told,
  )
  if (!(error instanceof Refusal)) return error
  if (error.code !== 'group.creation_denied') return error.code
  return (error.more.errors ?? []).map(({ pointer, have, needed }) => [pointer.split('/').at(-1), have, needed])
}
async function shop(): Promise<World> {
  const w = await world()
  for (const [merchantId, parentId] of [['brand'], ['east', 'brand']] as const)
    await w.asServer().call(putMerchantEndpoint, {
      params: { merchantId },
      body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
    })
  const hire = (merchantId: string, userId: string, abilities: ('manage' | 'issue')[]) =>
    w.asServer().call(putStaff, { params: { merchantId, userId: userId as UserId }, body: { post: '店长', abilities } })
  await hire('brand', 'wang', ['manage'])
  await hire('east', 'he', ['manage'])
  await hire('east', 'zhao', ['issue'])
  return w
}

test('[C-M02] under a threshold a refusal says each condition that is missing, and how far it is', async () => {
  await using w = await world()
  expect(await missing(make(w, 'li'))).toBeUndefined()
  await policy(w, 'friends', { followers: 1_000, verified: true, storeScore: 440 })
  expect(await missing(make(w, 'li'))).toEqual([
    ['followers', 0, 1_000],
    ['store-score', 0, 440],
    ['verified', 0, 1],
  ])
  await tell(w, 'li', { followers: 640, storeScore: 460 })
  expect(await missing(make(w, 'li'))).toEqual([
    ['followers', 640, 1_000],
    ['verified', 0, 1],
  ])
  const { conditions } = await w.as('li').call(myGroupPolicy, {})
  expect(conditions).toContainEqual({ condition: 'followers', have: 640, needed: 1_000, met: false })
  expect(conditions).toContainEqual({ condition: 'store-score', have: 460, needed: 440, met: true })
  await tell(w, 'li', { followers: 1_000, storeScore: 440, verified: true })
  expect(await missing(make(w, 'li'))).toBeUndefined()
  await policy(w, 'friends', null)
  expect(await missing(make(w, 'zhao'))).toBeUndefined()
})

test('[C-M02] a quota counts living groups of the kind, also when two are made at once; [K-04] a low level lowers it', async () => {
  await using w = await world()
  await policy(w, 'friends', { perPerson: 4 })
  const made = await Promise.all(Array.from({ length: 6 }, () => make(w, 'li').catch(() => undefined)))
  const groups = made.flatMap((one) => (one === undefined ? [] : [one.groupId]))
  expect(groups).toHaveLength(4)
  expect(await missing(make(w, 'li'))).toEqual([['person-quota', 4, 4]])
  await w.as('li').call(disbandGroup, { params: { groupId: groups[0]! }, body: {} })
  expect(await missing(make(w, 'li'))).toBeUndefined()
  await tell(w, 'zhao', { credit: 'low' })
  expect(await missing(make(w, 'zhao'))).toBeUndefined()
  expect(await missing(make(w, 'zhao'))).toEqual([['person-quota', 1, 1]])
  await tell(w, 'zhao', { credit: 'normal' })
  expect(await missing(make(w, 'zhao'))).toBeUndefined()
})

test('[K-04] a low level leaves a quarter of the groups of a day, where no policy was set', async () => {
  await using w = await world()
  await tell(w, 'zhao', { credit: 'low' })
  for (let n = 0; n < 5; n++) expect(await refusalOf(make(w, 'zhao'))).toBeNull()
  expect(await refusalOf(make(w, 'zhao'))).toBe('group.create_limited')
  expect(await refusalOf(make(w, 'li'))).toBeNull()
})

test('[MER1] [C-M02] who manages a merchant makes its groups, within its policy; nobody else does', async () => {
  await using w = await shop()
  const { groupId } = await makeFor(w, 'he', 'east')
  expect((await w.as('he').open(groupId)).get().group?.merchantPath).toEqual(['east', 'brand'])
  expect(await refusalOf(makeFor(w, 'wang', 'east'))).toBeNull()
  for (const [who, merchantId, code] of [
    ['he', 'brand', 'merchant.not_found'],
    ['zhao', 'east', 'merchant.permission'],
    ['li', 'east', 'merchant.not_found'],
  ] as const)
    expect([who, merchantId, await refusalOf(makeFor(w, who, merchantId))]).toEqual([who, merchantId, code])
  // The app's policy, by the merchant's figures and not the person's.
  await policy(w, 'merchant', { storeScore: 440 })
  await tell(w, 'he', { storeScore: 500 })
  expect(await missing(makeFor(w, 'he', 'east'))).toEqual([['store-score', 0, 440]])
  expect(await refusalOf(w.as('li').call(merchantGroupPolicy, { params: { merchantId: 'east' } }))).toBe(
    'merchant.not_found',
  )
  await w.asServer().call(putMerchantStanding, { params: { merchantId: 'east' }, body: { storeScore: 460 } })
  expect(await refusalOf(makeFor(w, 'he', 'east'))).toBeNull()
  // A merchant's own policy stands in its place, and says nothing of others.
  await policy(w, 'merchant', { perMerchant: 3, perPerson: 9 }, 'east')
  expect(await missing(makeFor(w, 'wang', 'east'))).toEqual([['merchant-quota', 3, 3]])
  expect(await missing(makeFor(w, 'wang', 'brand'))).toEqual([['store-score', 0, 440]])
  const { policies } = await w.asServer().call(listGroupPolicies, {})
  expect(policies.map(({ kind, merchantId }) => [kind, merchantId])).toEqual([
    ['merchant', null],
    ['merchant', 'east'],
  ])
})

test('[C-M02] two who make the last group of a merchant at once: one of them does', async () => {
  await using w = await shop()
  await policy(w, 'merchant', { perMerchant: 1 })
  const told = await Promise.all([missing(makeFor(w, 'he', 'east')), missing(makeFor(w, 'wang', 'east'))])
  expect(told.filter((one) => one === undefined)).toHaveLength(1)
  expect(told).toContainEqual([['merchant-quota', 1, 1]])
})

test('[C-M02] [K-04] a condition that is not set asks nothing; a low level never raises a quota', () => {
  const have = {
    figures: { followers: 0, storeScore: 0, verified: false },
    credit: 'low' as const,
    owned: 0,
    ofMerchant: 0,
  }
  expect(standsOf('friends', {}, have)).toEqual([])
  expect(standsOf('friends', { perMerchant: 0 }, have)).toEqual([])
  for (let quota = 0; quota < 50; quota++) {
    expect(quotaFor(quota, 'low')).toBeLessThanOrEqual(quota)
    expect(quotaFor(quota, 'normal')).toBe(quota)
  }
})
