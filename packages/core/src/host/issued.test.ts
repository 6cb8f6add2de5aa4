/** Whoever gave what a merchant issues might: true of what the engine let through, and each planted breach is named. */
import { closed, DAY, defineCard, MINUTE, Type } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type World } from '@qun/testing'
import { sql, type RawBuilder } from 'kysely'
import { expect, test } from 'vitest'
import { setStaff, setSuspended } from '../decide/merchants.ts'
import { createLab, id } from '../fixtures.ts'
import { auditsOf } from './audit.ts'
import { defineFeature, serveCard } from './feature.ts'

/** A card that gives what a merchant issues if its body says so. */
const gift = defineCard({
  kind: 'lab-gift',
  doc: 'A card that may give what is issued, for tests.',
  post: { by: 'member' },
  gives: ({ worth }) => (worth > 0 ? 'issued' : 'nothing'),
  body: closed({ worth: Type.Integer() }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: {},
  facts: {},
  refusals: {},
  summary: () => '[gift]',
})
const giving = defineFeature({ name: 'giving', cards: [serveCard(gift, {})] })
const features = [...createLab().features, giving]
const open = () => startWorld({ features, watching: [] })
const find = async (w: World) => {
  const told = await w.store.reading('*', (tx) =>
    Promise.all(auditsOf(features).map(async (one) => (one.id === 'MER9' ? one.find(tx, w.time.now()) : []))),
  )
  return told.flat()
}
const give = (w: World, who: string, groupId = w.groupId, worth = 5) => w.as(who).post(groupId, gift, { worth })
let keys = 0
const byHost = (w: World, senderId: string) =>
  w.core.post({
    ...{ appId, groupId: w.groupId, senderId: id(senderId), kind: gift.kind },
    ...(senderId === '' ? { asServer: true } : { byHost: true }),
    ...{ body: { worth: 5 }, clientId: `host-${(keys += 1)}` },
  })
const tell = (w: World, run: (call: { tx: any; appId: string; now: number }) => Promise<void>) =>
  w.store.transaction(appId, (tx) => run({ tx, appId, now: w.time.now() }))
/** What is written by hand stands until somebody looks; then it is taken back. */
async function planted(w: World, ...plants: readonly RawBuilder<unknown>[]): Promise<string[]> {
  const back = new Error('back')
  let found: readonly string[] = []
  const attempt = w.store.transaction('*', async (tx) => {
    for (const plant of plants) await plant.execute(tx)
    const audits = auditsOf(features).filter(({ id: name }) => name === 'MER9')
    for (const audit of audits) found = [...found, ...(await audit.find(tx, w.time.now()))]
    throw back
  })
  await expect(attempt).rejects.toBe(back)
  return [...found]
}

test('[MER9] what was given by staff, by staff who left since, and by the host in its own name, is in order', async () => {
  await using w = await open()
  await give(w, 'wang')
  await give(w, 'li', w.groupId, 0)
  await give(w, 'li', await w.makeFriendsGroup(['li']), 0)
  await byHost(w, '')
  // A key that speaks for 小李 gives what she may give: nothing.
  expect(await refusalOf(byHost(w, 'li'))).toBe('merchant.not_issuer')
  await byHost(w, 'wang')
  await w.jump(DAY)
  await tell(w, (call) => setStaff(call, { merchantId: shopId, userId: 'wang' }, null))
  expect(await refusalOf(give(w, 'wang'))).toBe('merchant.not_issuer')
  await give(w, 'he')
  await w.jump(DAY)
  await tell(w, (call) => setSuspended(call, shopId, true))
  expect(await refusalOf(give(w, 'he'))).toBe('merchant.suspended')
  expect(await find(w)).toEqual([])
})
test('[MER9] what somebody could for less than a millisecond stays written, and what they gave by it is in order', async () => {
  await using w = await open()
  const of = { merchantId: shopId, userId: 'li' }
  await tell(w, (call) => setStaff(call, of, { post: '导购', abilities: ['issue'] }))
  await give(w, 'li')
  await tell(w, (call) => setStaff(call, of, null))
  await tell(w, (call) => setStaff(call, of, { post: '收银', abilities: ['talk-as'] }))
  expect(await refusalOf(give(w, 'li'))).toBe('merchant.not_issuer')
  const { rows } = await w.store.reading(appId, (tx) =>
    sql`SELECT since, until, abilities FROM merchant_staff WHERE user_id = 'li' ORDER BY since`.execute(tx),
  )
  const now = w.time.now()
  expect(rows).toEqual([
    { since: now, until: now, abilities: ['issue'] },
    { since: now + 1, until: null, abilities: ['talk-as'] },
  ])
  expect(await find(w)).toEqual([])
})
test('[MER9] [V1] each card that nobody might have posted is named, with who posted it and why', async () => {
  await using w = await open()
  const friends = await w.makeFriendsGroup(['li'])
  const at = await give(w, 'li', w.groupId, 0)
  const among = await give(w, 'li', friends, 0)
  await give(w, 'he')
  const worth = sql`body = '{"worth":5}'`
  const own = sql`UPDATE messages SET ${worth} WHERE sender_id = 'li'`
  expect((await planted(w, own)).toSorted()).toEqual(
    [
      `shop/${w.groupId}/${at.seq}: lab-gift by li, who might not give it`,
      `shop/${friends}/${among.seq}: lab-gift by li, in a friends’ group`,
    ].toSorted(),
  )
  const shop = sql`UPDATE messages SET ${worth} WHERE seq = ${at.seq} AND group_id = ${w.groupId}`
  const staff = (since: number, until: number | null, abilities = ['issue'], merchantId = shopId) =>
    sql`INSERT INTO merchant_staff (app_id, merchant_id, user_id, since, until, post, abilities)
      VALUES ('shop', ${merchantId}, 'li', ${since}, ${until}, '导购', ${abilities}::text[])`
  const now = w.time.now()
  const day = now + DAY
  const late = sql`UPDATE messages SET at = ${day} WHERE kind = 'lab-gift'`
  const named = [`shop/${w.groupId}/${at.seq}: lab-gift by li, who might not give it`]
  expect(await planted(w, shop, staff(now - DAY, null))).toEqual([])
  expect(await planted(w, shop, late, staff(now, day - 2 * MINUTE))).toEqual(named)
  expect(await planted(w, shop, late, staff(day + 2 * MINUTE, null))).toEqual(named)
  // Decisions that began a little earlier than that and waited for each other.
  expect(await planted(w, shop, late, staff(now, day - 1))).toEqual([])
  expect(await planted(w, shop, staff(now - DAY, null, ['talk-as', 'campaign', 'manage']))).toEqual(named)
  expect(await planted(w, shop, staff(now - DAY, null, ['issue'], 'next-door'))).toEqual(named)
  // The host's own is in nobody's name.
  const isHosts = sql`UPDATE messages SET by_host = true WHERE sender_id = 'li'`
  expect(await planted(w, shop, isHosts)).toEqual(named)
  expect(await planted(w, shop, isHosts, sql`UPDATE messages SET sender_id = '' WHERE sender_id = 'li'`)).toEqual([])
})
test('[MER9] [MER10] what a suspended merchant gave is named', async () => {
  await using w = await open()
  const at = await give(w, 'he')
  const stopped = sql`UPDATE merchants SET suspended_at = ${w.time.now() - 2 * MINUTE}`
  expect(await planted(w, stopped)).toEqual([`shop/${w.groupId}/${at.seq}: lab-gift by he, of a suspended merchant`])
})
test('[MER9] what is older than the log’s word on who posted is judged among friends only', async () => {
  await using w = await open()
  await give(w, 'li', w.groupId, 0)
  const friends = await w.makeFriendsGroup(['li'])
  const { seq } = await give(w, 'li', friends, 0)
  const all = sql`UPDATE messages SET body = '{"worth":5}' WHERE sender_id = 'li'`
  const since = sql`UPDATE qun_migrations SET applied_at = ${w.time.now() + 1} WHERE id = 'core-018'`
  expect(await planted(w, all, since)).toEqual([`shop/${friends}/${seq}: lab-gift by li, in a friends’ group`])
})
test('[MER2] nobody posts from a handler what is issued: nobody would have been asked', async () => {
  const lab = createLab()
  await using w = await startWorld({ features: [...lab.features, giving], watching: [] })
  const post = (worth: number) =>
    lab.decideAsHost(w, async (call) => {
      const group = await call.group(w.groupId)
      return group.post({ kind: gift.kind, body: { worth } })
    })
  expect(await post(0)).toBeGreaterThan(0)
  expect(await refusalOf(post(5))).toBe('server.bug')
  expect(String((w.takeBugs()[0] as Error).cause)).toContain('a lab-gift posted by a handler gives what is issued')
})
