/** How long a new price takes to reach a thousand groups, by the clock on the wall. */
import type { GroupId } from '@qun/contract'
import { lengthOf, startWorld } from '@qun/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { product, putProduct } from './contract.ts'
import feature from './server.ts'

/** Once in ten commits; a tenth of them the other times. */
const groupsEach = lengthOf(250, 2)
const owners = ['wang', 'he', 'li', 'zhao'] as const

test('[PD3] a new price is on the cards of a thousand groups within five seconds', { timeout: 300_000 }, async () => {
  await using world = await startWorld({ features: [message, membership, feature], watching: [] })
  const put = (priceFen: number) =>
    world.asServer().call(putProduct, {
      params: { productId: 'guji' },
      body: { merchantId: 'camellia', title: '古吉', priceFen, url: '/p/guji' },
    })
  await put(8_800)
  const places: { who: string; groupId: GroupId }[] = []
  for (const who of owners)
    for (let i = 0; i < groupsEach; i++) places.push({ who, groupId: await world.makeGroup([who]) })
  for (const { who, groupId } of places) {
    // Two cards each: what is told is told once per group.
    for (let i = 0; i < 2; i++) await world.as(who).post(groupId, product, { items: [{ productId: 'guji' }] })
  }
  await world.settle()
  const startedAt = performance.now()
  await put(7_900)
  await world.settle()
  const tookMs = performance.now() - startedAt
  const { rows } = await world.store.reading('shop', (tx) =>
    sql<{ n: number }>`SELECT count(*)::int AS n FROM records
      WHERE kind = 'product-live' AND (body->>'priceFen')::int = 7900`.execute(tx),
  )
  expect(rows[0]?.n).toBe(places.length)
  expect(tookMs).toBeLessThan(5_000)
})
