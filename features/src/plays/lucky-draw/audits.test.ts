/** The audits of draws: silent where all is well, also after a second draw, and loud for each planted difference. */
import { MINUTE } from '@qun/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { luckyDraw } from './contract.ts'
import { enter, open, post } from './fixtures.ts'
import { audits } from './store-audits.ts'

test.each([
  ['D1', sql`DELETE FROM lucky_draw_entries WHERE entry_no = 2`],
  ['D1', sql`UPDATE lucky_draw_entries SET weight = 2 WHERE entry_no = 1`],
  ['D3', sql`UPDATE lucky_draw_entries SET at = at + 86400000 WHERE entry_no = 1`],
  ['D5', sql`UPDATE lucky_draw_draws SET proof = jsonb_set(proof, '{redraw,lapsed}', '[]')`],
  ['D5', sql`UPDATE lucky_draw_draws SET proof = jsonb_set(proof, '{redraw,winners}', proof->'winners')`],
  ['D9', sql`DELETE FROM lucky_draw_claims`],
  ['LD26', sql`UPDATE ledger_spendings SET amount = amount + 1`],
])('[LD7] [LD17] audit %s: a planted difference is found, and none in rows that hold', async (name, plant) => {
  const world = await open()
  const at = await post(world, { claimDays: 7, unclaimed: 'redraw' })
  for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
  await world.pass(11 * MINUTE)
  const [winner] = (await world.read(at, luckyDraw)).winners
  await world.as(winner?.userId ?? '').act(at, luckyDraw, 'claim', {})
  for (let days = 0; days < 14; days += 7) await world.jump(7 * 24 * 60 * MINUTE)
  expect((await world.read(at, luckyDraw)).unclaimedCount).toBe(1)
  const audit = audits.filter(({ id }) => id === name)
  const found = () => world.store.reading('*', (tx) => Promise.all(audit.map((one) => one.find(tx, world.time.now()))))
  expect((await found()).flat()).toEqual([])
  await world.store.transaction('*', (tx) => plant.execute(tx))
  expect((await found()).flat()).toHaveLength(1)
  await expect(world[Symbol.asyncDispose]()).rejects.toThrow(`audit ${name}`)
})
