/** How often everybody may be named, by the days of the group's zone. */
import type { GroupId } from '@qun/contract'
import { refusalOf, shopId, startWorld } from '@qun/testing'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import { setTimeZone } from '../../people/time-zone/contract.ts'
import timeZone from '../../people/time-zone/server.ts'
import { textMessage } from './contract.ts'
import { mentionAllCoolDownMs } from './rules.ts'
import message from './server.ts'

test('[MS8] [MER8] [V10] the quota is renewed at the midnight of the shop’s zone, of friends at the app’s', async () => {
  await using world = await startWorld({ features: [message, membership, timeZone], watching: [] })
  const friends = await world.makeFriendsGroup(['li', 'zhao'])
  const tell = (zone: string, merchantId?: string) =>
    world.asServer().call(setTimeZone, {
      query: merchantId === undefined ? {} : { merchantId },
      body: { timeZone: zone },
    })
  await tell('America/New_York', shopId)
  await tell('Asia/Tokyo')
  let count = 0
  const post = async (at: number, who: string, groupId: GroupId) => {
    await world.jump(at - world.time.now())
    return refusalOf(world.as(who).post(groupId, textMessage, { text: '今晚见', mentions: ['*'] }, `n${count++}`))
  }
  const atShop = (at: number) => post(at, 'wang', world.groupId)
  const atFriends = (at: number) => post(at, 'li', friends)
  // Both zones hold since midnight in Shanghai. Now it is the 3rd: 09:00 in New York, 23:00 in Tokyo.
  const began = Date.UTC(2026, 0, 3, 14)
  for (let n = 0; n < 3; n++) {
    const at = began + n * mentionAllCoolDownMs
    expect([await atShop(at), await atFriends(at)]).toEqual([null, null])
  }
  const [tokyo, shanghai, newYork] = [15, 16, 29].map((hour) => Date.UTC(2026, 0, 3, hour)) as [number, number, number]
  expect([await atFriends(tokyo - 1), await atShop(tokyo - 1)]).toEqual(Array(2).fill('mention.all_limited'))
  expect([await atFriends(tokyo), await atShop(tokyo)]).toEqual([null, 'mention.all_limited'])
  expect([await atShop(shanghai), await atShop(newYork - 1)]).toEqual(Array(2).fill('mention.all_limited'))
  expect(await atShop(newYork)).toBe(null)
})
