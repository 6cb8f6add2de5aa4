/** Staff who manage: over whom, and what they may give. */
import type { Ability, UserId } from '@qun/contract'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../../words/message/server.ts'
import {
  listStaffEndpoint,
  myStaff,
  nameMyMerchant,
  putMerchantEndpoint,
  putMyStaff,
  putStaff,
  removeMyStaff,
  removeStaff,
  staffMax,
} from './contract.ts'
import feature from './server.ts'

const world = () => startWorld({ features: [message, membership, feature] })
const merchant = (w: World, merchantId: string, parentId?: string) =>
  w.asServer().call(putMerchantEndpoint, {
    params: { merchantId },
    body: { name: merchantId, ...(parentId === undefined ? {} : { parentId }) },
  })
const at = (merchantId: string, userId: string) => ({ params: { merchantId, userId: userId as UserId } })
const hire = (w: World, merchantId: string, userId: string, abilities: Ability[]) =>
  w.asServer().call(putStaff, { ...at(merchantId, userId), body: { post: '店长', abilities } })
const put = (w: World, who: string, merchantId: string, userId: string, abilities: Ability[]) =>
  w.as(who).call(putMyStaff, { ...at(merchantId, userId), body: { post: '导购', abilities } })
const drop = (w: World, who: string, merchantId: string, userId: string) =>
  w.as(who).call(removeMyStaff, at(merchantId, userId))
async function shop(): Promise<World> {
  const w = await world()
  await merchant(w, 'brand')
  await merchant(w, 'east', 'brand')
  await merchant(w, 'next')
  await hire(w, 'brand', 'wang', ['manage', 'issue'])
  await hire(w, 'east', 'he', ['manage', 'talk-as'])
  return w
}
const staffOf = async (w: World, merchantId: string) => {
  const { staff } = await w.asServer().call(listStaffEndpoint, { params: { merchantId } })
  return Object.fromEntries(staff.map(({ userId, abilities }) => [userId, abilities]))
}

test('[MER1] who manages puts and removes staff of their merchant and its branches; nobody else does, anywhere', async () => {
  await using w = await shop()
  await put(w, 'he', 'east', 'li', ['talk-as'])
  await put(w, 'wang', 'east', 'zhao', ['issue'])
  expect(await staffOf(w, 'east')).toEqual({ he: ['manage', 'talk-as'], li: ['talk-as'], zhao: ['issue'] })
  for (const [who, merchantId, code] of [
    ['he', 'brand', 'merchant.not_found'],
    ['he', 'next', 'merchant.not_found'],
    ['wang', 'nowhere', 'merchant.not_found'],
    ['sun', 'east', 'merchant.not_found'],
    ['li', 'east', 'merchant.permission'],
  ] as const) {
    const tries = [
      () => put(w, who, merchantId, 'sun', []),
      () => drop(w, who, merchantId, 'he'),
      () => w.as(who).call(nameMyMerchant, { params: { merchantId }, body: { name: '别的' } }),
      () => w.as(who).call(myStaff, { params: { merchantId } }),
    ]
    for (const tried of tries) expect([who, merchantId, await refusalOf(tried())]).toEqual([who, merchantId, code])
  }
  await drop(w, 'he', 'east', 'li')
  await drop(w, 'he', 'east', 'li')
  expect(Object.keys(await staffOf(w, 'east'))).toEqual(['he', 'zhao'])
})

test('[MER1] nobody gives an ability they do not hold; what others have of it they keep', async () => {
  await using w = await shop()
  expect(await refusalOf(put(w, 'he', 'east', 'li', ['talk-as', 'issue']))).toBe('merchant.ability_missing')
  expect(await refusalOf(put(w, 'he', 'east', 'he', ['manage', 'issue']))).toBe('merchant.ability_missing')
  await put(w, 'wang', 'east', 'li', ['issue'])
  await put(w, 'he', 'east', 'li', ['issue', 'talk-as'])
  expect((await staffOf(w, 'east'))['li']).toEqual(['issue', 'talk-as'])
  // Taken once, it is theirs to give no more.
  await put(w, 'he', 'east', 'li', ['talk-as'])
  expect(await refusalOf(put(w, 'he', 'east', 'li', ['issue']))).toBe('merchant.ability_missing')
  // What is held above counts in the branch, and not the other way round.
  await put(w, 'wang', 'east', 'zhao', ['manage', 'issue'])
  expect(await refusalOf(put(w, 'wang', 'east', 'zhao', ['talk-as']))).toBe('merchant.ability_missing')
  expect(await refusalOf(put(w, 'wang', 'east', 'nobody-ever', []))).toBe('user.not_found')
})

test('[MER1] let go and managing in the same moment: one comes first, and nothing is given after it', async () => {
  await using w = await shop()
  for (let n = 0; n < 6; n++) {
    await hire(w, 'east', 'he', ['manage', 'talk-as'])
    const give = () => refusalOf(put(w, 'he', 'east', 'li', ['talk-as']))
    const gone = w.asServer().call(removeStaff, at('east', 'he'))
    await Promise.all([give(), gone, give(), refusalOf(put(w, 'wang', 'east', 'zhao', ['issue']))])
    expect(await give()).toBe('merchant.not_found')
  }
})

test('[MER1] the list says what the viewer may give, and is bounded', async () => {
  await using w = await shop()
  const { staff, held } = await w.as('wang').call(myStaff, { params: { merchantId: 'east' } })
  expect(held).toEqual(['manage', 'issue'])
  expect(staff).toMatchObject([{ userId: 'he', name: '小何', post: '店长' }])
  await w.store.transaction(appId, (tx) =>
    sql`INSERT INTO merchant_staff (app_id, merchant_id, user_id, since, post, abilities)
      SELECT ${appId}, 'east', 'n' || n, 1, '', '{}' FROM generate_series(2, ${staffMax}) n`.execute(tx),
  )
  expect(await refusalOf(put(w, 'wang', 'east', 'li', []))).toBe('merchant.staff_full')
  await put(w, 'he', 'east', 'he', ['manage'])
  await w.as('he').call(nameMyMerchant, { params: { merchantId: 'east' }, body: { name: '东门店' } })
  const { rows } = await w.store.reading(appId, (tx) =>
    sql<{ name: string; path: string[] }>`SELECT name, path FROM merchants WHERE merchant_id = 'east'`.execute(tx),
  )
  expect(rows).toEqual([{ name: '东门店', path: ['east', 'brand'] }])
})
