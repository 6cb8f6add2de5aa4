/** What a node learns and forgets of who was shut out, where there are many. */
import { createInProcessBus } from '@qun/bus'
import type { AppId, UserId } from '@qun/contract'
import { migrate, openStore } from '@qun/storage'
import { cloneDatabase, templateDatabase, templateName } from '@qun/storage/testing'
import { sql } from 'kysely'
import { expect, inject, test } from 'vitest'
import { testStart } from '../testing/test-server.ts'
import { Revocations } from './revocations.ts'
import { revocationsPage, serverMigrations, type RevocationRow } from './store.ts'

const day = 86_400_000
async function open() {
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: `${templateName(serverMigrations)}_revocations`,
    prepare: async (url) => {
      const store = await openStore({ url })
      await migrate(store, serverMigrations, () => 0)
      await store.close()
    },
  })
  const clone = await cloneDatabase(template)
  const store = await openStore({ url: clone.url, poolSize: 2 })
  let at = testStart
  const learned: RevocationRow[] = []
  const revocations = new Revocations({
    store,
    bus: createInProcessBus(),
    now: () => at,
    onLearned: (row) => void learned.push(row),
    onTrouble: (error) => expect.unreachable(String(error)),
  })
  await store.transaction('*', (tx) =>
    sql`INSERT INTO apps (app_id, name, created_at) VALUES ('shop', '', 0)`.execute(tx),
  )
  return {
    store,
    revocations,
    learned,
    pass: (ms: number) => (at += ms),
    verdict: (userId: string, jti: string) =>
      revocations.verdictOf({ appId: 'shop' as AppId, userId: userId as UserId, jti, iat: at / 1_000 + 1 } as never),
    shutOut: (jti: string, userId = 'li') =>
      revocations.add({ appId: 'shop' as AppId, userId: userId as UserId, jti, revokedAt: at, erased: false }),
    /** One a millisecond, the first at the instant a day ago. */
    shutOutMany: (count: number, ago = day) =>
      store.transaction('*', (tx) =>
        sql`INSERT INTO revocations (app_id, user_id, jti, revoked_at)
          SELECT 'shop', 'user' || n, '', ${at - ago}::bigint + n FROM generate_series(1, ${count}) AS n`.execute(tx),
      ),
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await clone.drop()
    },
  }
}

test('[AUTH-11] a node that starts learns of everybody shut out lately, however many, the latest first', async () => {
  await using world = await open()
  const count = 10 * revocationsPage + 500
  await world.shutOutMany(count)
  await world.revocations.poll()
  expect(world.learned).toHaveLength(count)
  expect(world.learned[0]?.userId).toBe(`user${count}`)
  expect(new Set(world.learned.map((row) => row.userId)).size).toBe(count)
})
test('[AUTH-10] what no living token can need leaves memory and store, single tokens too; the rest stays', async () => {
  await using world = await open()
  await world.shutOutMany(2 * revocationsPage + 5, 3 * day)
  await world.shutOut('lost')
  await world.shutOut('')
  await world.shutOut('other', 'zhao')
  expect(world.revocations.size).toBe(2)
  world.pass(2 * day)
  await world.shutOut('fresh')
  await world.revocations.poll()
  expect(world.revocations.size).toBe(1)
  expect([world.verdict('li', 'fresh'), world.verdict('li', 'lost'), world.verdict('zhao', 'other')]).toEqual([
    'revoked',
    undefined,
    undefined,
  ])
  const { rows } = await world.store.reading('*', (tx) => sql`SELECT jti FROM revocations`.execute(tx))
  expect(rows).toEqual([{ jti: 'fresh' }])
})
