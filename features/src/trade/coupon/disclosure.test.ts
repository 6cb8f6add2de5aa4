/** What an offer must tell before anybody claims: the server fills in whose it is, and refuses an empty line. */
import { DAY, type UserId } from '@qun/contract'
import { appId, refusalOf, shopId, startWorld, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { putMerchantEndpoint } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { coupon, createStock, type Terms } from './contract.ts'
import { gapsOf } from './rules.ts'
import feature from './server.ts'

const open = () => startWorld({ features: [message, membership, merchants, feature], watching: [] })
const termsAt = (world: World, patch: Partial<Terms> = {}): Terms => ({
  ...{ kind: 'direct', amountFen: 500, total: 3, perUser: 1 },
  claim: { from: world.time.now(), until: world.time.now() + DAY },
  validity: { mode: 'relative', afterDays: 0, forDays: 7 },
  ...patch,
})
const offer = (world: World, more: object = {}, patch: Partial<Terms> = {}): Promise<At> =>
  world.as('wang').post(world.groupId, coupon, { title: '开业券', terms: termsAt(world, patch), ...more })
const bodyOf = async (world: World, { groupId, seq }: At) =>
  (await world.core.message(world.as('wang').principal, groupId, seq)).message.body
let keys = 0
/** The host offers a stock of its own, or of a merchant. */
async function byHost(world: World, more: object, merchantId?: string): Promise<At> {
  const of = { title: '店庆券', terms: termsAt(world), ...(merchantId === undefined ? {} : { merchantId }) }
  const { stockId } = await world.asServer().call(createStock, { body: of })
  const post = { appId, groupId: world.groupId, kind: coupon.kind, clientId: `d-${++keys}` }
  const body = { title: '店庆券', stockId, ...more }
  const { seq } = await world.core.post({ ...post, body, senderId: '' as UserId, asServer: true })
  return { groupId: world.groupId, seq }
}

test('[E-22] [CP28] an offer without a contact is not published, by staff or by the host, and nothing is kept of it', async () => {
  await using world = await open()
  for (const contact of [undefined, '', '  ']) {
    const more = contact === undefined ? {} : { contact }
    const errors = [{ pointer: '/contact', code: 'coupon.undisclosed' }]
    const posts = [() => offer(world, more), () => byHost(world, more), () => byHost(world, more, shopId)]
    for (const post of posts)
      await expect(post()).rejects.toMatchObject({ code: 'coupon.undisclosed', more: { errors } })
  }
  const { rows } = await world.store.reading('*', (tx) =>
    sql`SELECT 1 FROM messages WHERE kind = 'coupon'
      UNION ALL SELECT 1 FROM coupon_stocks WHERE group_id IS NOT NULL`.execute(tx),
  )
  expect(rows).toEqual([])
  expect(await refusalOf(offer(world, { contact: '店内' }))).toBeNull()
})
test('[E-22] [CP28] whose it is is the server’s to say, whatever the sender wrote; people by name change nothing of it', async () => {
  await using world = await open()
  const shop = { merchantId: shopId, name: '山茶咖啡' }
  const forged = { contact: '店内', merchant: { merchantId: 'other', name: '别家' } }
  expect(await bodyOf(world, await offer(world, forged))).toMatchObject({ contact: '店内', merchant: shop })
  const named = await offer(world, forged, { audience: { userIds: ['li' as UserId] } })
  expect(await bodyOf(world, named)).toMatchObject({ merchant: shop, terms: { audience: { userCount: 1 } } })
  expect(await bodyOf(world, await byHost(world, forged, shopId))).toMatchObject({ merchant: shop })
  // What the host gives in no name is the platform's, by the name the host gave itself if any.
  expect(await bodyOf(world, await byHost(world, forged))).toMatchObject({ merchant: { merchantId: 'main', name: '' } })
  await world.asServer().call(putMerchantEndpoint, { params: { merchantId: 'main' }, body: { name: '山茶平台' } })
  expect(await bodyOf(world, await byHost(world, forged))).toMatchObject({ merchant: { name: '山茶平台' } })
})
test('[E-22] [CP28] one from before there were rules is claimed as ever', async () => {
  await using world = await open()
  const at = await offer(world, { contact: '店内' })
  await world.store.transaction(appId, (tx) =>
    sql`UPDATE messages SET body = (body::jsonb - 'contact' - 'merchant')::json WHERE kind = 'coupon'`.execute(tx),
  )
  expect(await refusalOf(world.as('li').act(at, coupon, 'claim', {}))).toBeNull()
  expect(await bodyOf(world, at)).not.toHaveProperty('contact')
})
test('[E-22] [CP28] each line that is missing or blank is named', () => {
  const merchant = { merchantId: 'camellia', name: '山茶咖啡' }
  expect(gapsOf({ contact: '店内', merchant })).toEqual([])
  expect(gapsOf({})).toEqual(['/contact', '/merchant'])
  expect(gapsOf({ contact: ' ', merchant: { ...merchant, name: ' ' } })).toEqual(['/contact', '/merchant'])
  expect(gapsOf({ contact: '店内', merchant: { merchantId: 'main', name: '' } })).toEqual([])
})
