/** The audits of points: silent where all is well, and naming each planted transfer that nobody might have made. */
import { transfer } from '@qun/ledger'
import { appId, startWorld, type At, type World } from '@qun/testing'
import type { UserId } from '@qun/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import { checkIn } from '../../plays/check-in/contract.ts'
import checkInFeature from '../../plays/check-in/server.ts'
import { textMessage } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import { deductPoints, fundPoints, grantPoints, reversePoints } from './contract.ts'
import { audits } from './server-audits.ts'
import feature from './server.ts'

const li = 'li' as UserId
const open = () => startWorld({ features: [message, membership, teller, checkInFeature, feature], watching: [] })
const find = async (w: World) =>
  (await w.store.reading('*', (tx) => Promise.all(audits.map((one) => one.find(tx, w.time.now()))))).flat()
/** Everything that gives points or takes them back, by whoever may. */
async function live(w: World): Promise<At> {
  const host = w.asServer()
  const programme = { title: '早起', opens: 0, closes: 1_440, mode: 'cumulative', proof: 'none' } as const
  const milestones = [{ days: 1, points: 5 }]
  const body = { ...programme, milestones, makeUps: 0, leaderboard: false }
  const at = await w.as('wang').post(w.groupId, checkIn, body)
  await w.as('li').act(at, checkIn, 'check', {})
  await host.call(fundPoints, { body: { ref: 'f', fund: 'spring', amount: 100 } })
  await host.call(grantPoints, { body: { ref: 'a', userId: li, amount: 10, fund: 'spring' } })
  await host.call(grantPoints, { body: { ref: 'b', userId: li, amount: 10, staffId: 'he' as UserId } })
  await host.call(grantPoints, { body: { ref: 'c', userId: li, amount: 10 } })
  await host.call(deductPoints, { body: { ref: 'd', userId: li, amount: 3 } })
  await host.call(reversePoints, { body: { ref: 'd', by: 'd-back' } })
  await host.call(reversePoints, { body: { ref: 'c', by: 'c-back' } })
  // Of these the order takes back what is left.
  await host.call(grantPoints, { body: { ref: 'e', userId: li, amount: 50, orderId: 'o' } })
  await host.call(deductPoints, { body: { ref: 'g', userId: li, amount: 40 } })
  await host.call(tell, { body: { orderId: 'o', status: 'refunded', userId: li } })
  await w.settle()
  return at
}
/** What a transfer of five points to 小李 under that ref makes the auditor say; then it never was. */
async function after(w: World, ref: string, currency = 'points'): Promise<readonly string[]> {
  const back = new Error('back')
  let found: readonly string[] = []
  const attempt = w.store.transaction(appId, async (tx) => {
    const legs = [
      { account: 'issuer/check-in', amount: -5 },
      { account: 'user/li', amount: 5 },
    ]
    const call = { tx, appId, now: w.time.now(), randomHex: (bytes = 16) => 'ab'.repeat(bytes) }
    await transfer(call, { ref, currency, legs, reason: 'check-in.milestone' })
    found = (await Promise.all(audits.map((one) => one.find(tx, w.time.now())))).flat()
    throw back
  })
  await expect(attempt).rejects.toBe(back)
  return found
}

test('[PO11] [MER9] [V1] points that came from no card, from friends, from who might not, or of another shop are named', async () => {
  await using w = await open()
  const at = await live(w)
  expect(await find(w)).toEqual([])
  const refTo = ({ groupId, seq }: At, kind = textMessage.kind) => `${kind}/${groupId}/${seq}/7/li`
  const say = async (who: string, groupId = w.groupId) => w.as(who).post(groupId, textMessage, { text: '五分' })
  const lis = await say('li')
  const among = await say('li', await w.makeFriendsGroup(['li', 'zhao']))
  const gave = (ref: string, why: string, currency = 'points') => [`shop ${ref} gave 5 ${currency}, ${why}`]
  const none = refTo({ ...at, seq: 99 }, checkIn.kind)
  expect(await after(w, none)).toEqual(gave(none, 'by no card'))
  // A card of another kind at that place, and a ref that names no place.
  expect(await after(w, refTo(at))).toEqual(gave(refTo(at), 'by no card'))
  expect(await after(w, 'gift')).toEqual(gave('gift', 'by no card'))
  expect(await after(w, refTo(among))).toEqual(gave(refTo(among), 'in a friends’ group'))
  expect(await after(w, refTo(lis))).toEqual(gave(refTo(lis), 'who might not give it'))
  const own = refTo(at, checkIn.kind)
  expect(await after(w, own, 'points:next')).toEqual([
    ...gave(own, 'whose points are not those', 'points:next'),
    'shop/user/li holds 5 points:next, which nobody gives',
  ])
  expect(await after(w, own)).toEqual([])
})
test('[PO11] [MER9] [PO6] a grant that counts for less than it gave is named', async () => {
  const w = await open()
  await live(w)
  await w.store.transaction('*', (tx) =>
    sql`UPDATE ledger_spendings SET amount = amount - 1 WHERE ref = 'points/a'`.execute(tx),
  )
  expect(await find(w)).toEqual(['shop points/a gave 10, counts 9'])
  await expect(w[Symbol.asyncDispose]()).rejects.toThrow('audit PO6')
})
