/** Whose midnight ends a day, through a whole world. */
import { HOUR, type UserId } from '@qun/contract'
import { zoneOfGroup } from '@qun/core'
import { appId, refusalOf, shopId, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { budgetSpent, setBudget } from '../../trade/budget/contract.ts'
import budget from '../../trade/budget/server.ts'
import { grantPoints } from '../../trade/points/contract.ts'
import points from '../../trade/points/server.ts'
import message from '../../words/message/server.ts'
import { putMerchantEndpoint } from '../merchant/contract.ts'
import merchant from '../merchant/server.ts'
import membership from '../membership/server.ts'
import { setTimeZone, timeZoneOf } from './contract.ts'
import feature from './server.ts'

/** Midnight UTC: 08:00 in Shanghai. */
const open = () => startWorld({ features: [message, membership, merchant, points, budget, feature], watching: [] })
const whose = (merchantId?: string) => ({ query: merchantId === undefined ? {} : { merchantId } })
const tell = (w: World, timeZone: string, merchantId?: string) =>
  w.asServer().call(setTimeZone, { ...whose(merchantId), body: { timeZone } })
const ask = (w: World, merchantId?: string) => w.asServer().call(timeZoneOf, whose(merchantId))
const zoneHere = (w: World, groupId = w.groupId) =>
  w.store.reading(appId, (tx) => zoneOfGroup({ tx, appId, now: w.time.now() }, groupId))

test('[MER8] [TZ1] what is told holds from the next midnight; its groups follow, friends’ groups take the app’s', async () => {
  await using w = await open()
  const began = w.time.now()
  const friends = await w.makeFriendsGroup(['li', 'zhao'])
  expect(await ask(w)).toEqual({ timeZone: 'Asia/Shanghai', next: null })
  // Shanghai's next midnight is sixteen hours away.
  const next = { timeZone: 'America/New_York', at: began + 16 * HOUR }
  expect(await tell(w, 'America/New_York', shopId)).toEqual({ timeZone: 'Asia/Shanghai', next })
  await w.jump(16 * HOUR - 1)
  expect(await zoneHere(w)).toBe('Asia/Shanghai')
  await w.jump(1)
  expect([await zoneHere(w), await zoneHere(w, friends)]).toEqual(['America/New_York', 'Asia/Shanghai'])
  await tell(w, 'Asia/Tokyo')
  await w.jump(24 * HOUR)
  expect([await zoneHere(w), await zoneHere(w, friends)]).toEqual(['America/New_York', 'Asia/Tokyo'])
})
test('[TZ1] [TZ2] told again before midnight the later word counts, and the zone that holds takes back what waits', async () => {
  await using w = await open()
  await tell(w, 'Asia/Tokyo')
  expect((await tell(w, 'Europe/Paris')).next?.timeZone).toBe('Europe/Paris')
  expect(await tell(w, 'Asia/Shanghai')).toEqual({ timeZone: 'Asia/Shanghai', next: null })
  const { rows } = await w.store.reading('*', (tx) =>
    sql<{ name: string }>`SELECT name FROM facts WHERE name = 'time-zone.set'`.execute(tx),
  )
  expect(rows).toHaveLength(3)
  expect(await refusalOf(tell(w, 'Mars/Base'))).toBe('time_zone.invalid')
  expect(await refusalOf(tell(w, 'Asia/Tokyo', 'nobody'))).toBe('merchant.not_found')
  expect(await refusalOf(w.as('wang').call(setTimeZone, { ...whose(), body: { timeZone: 'UTC' } }))).toBe('auth.scope')
})
test('[MER8] a store takes the zone of the merchant it belongs to until it has one of its own', async () => {
  await using w = await open()
  const put = { params: { merchantId: 'camellia-2' }, body: { name: '二店', parentId: shopId } }
  await w.asServer().call(putMerchantEndpoint, put)
  await tell(w, 'Asia/Tokyo', shopId)
  await w.jump(24 * HOUR)
  expect((await ask(w, 'camellia-2')).timeZone).toBe('Asia/Tokyo')
  await tell(w, 'Asia/Seoul', 'camellia-2')
  await w.jump(24 * HOUR)
  expect([(await ask(w, 'camellia-2')).timeZone, (await ask(w, shopId)).timeZone]).toEqual(['Asia/Seoul', 'Asia/Tokyo'])
})
test('[V10] [MER8] a day of caps ends at the merchant’s midnight', async () => {
  await using w = await open()
  await tell(w, 'America/New_York', shopId)
  await w.jump(24 * HOUR)
  const cap = { scope: 'member-day', currency: 'points', cap: 10 }
  await w.asServer().call(setBudget, { body: { merchantId: shopId, ...cap } })
  const grant = (ref: string) =>
    refusalOf(w.asServer().call(grantPoints, { body: { ref, merchantId: shopId, userId: 'li' as UserId, amount: 10 } }))
  expect([await grant('a'), await grant('b')]).toEqual([null, 'budget.exhausted'])
  const of = { merchantId: shopId, scope: 'member-day', currency: 'points', userId: 'li' as UserId }
  expect((await w.asServer().call(budgetSpent, { query: of })).spent).toBe(10)
  // Midnight in New York: 05:00 UTC in winter, 04:00 in summer.
  await w.jump(3 * HOUR)
  expect(await grant('b')).toBe('budget.exhausted')
  await w.jump(2 * HOUR)
  expect(await grant('b')).toBe(null)
})
