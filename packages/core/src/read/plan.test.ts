/** Statements that cost as much in a large shop as in a small one. What they cost on many rows: tools/rows. */
import { refusalOf, startWorld } from '@qun/testing'
import { appOf } from '@qun/storage'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createLab, note, upTo } from '../fixtures.ts'
import { moveRead } from '../decide/read-position.ts'

/** Whatever is read of a person, their conversations, their parts of cards, their records. */
const ownStream = /FROM (?:users|conversations|mine|records)\b/

describe('plans', () => {
  test.each([
    ['reads a table', sql`SELECT /* planted */ count(*) FROM users WHERE badge = 'gold'`, 'Seq Scan of users'],
    [
      'sorts a group',
      sql`SELECT /* planted */ user_id FROM members WHERE app_id = 'shop' AND active ORDER BY array_position(ARRAY['owner', 'admin'], role), joined_at LIMIT 9`,
      'Sort',
    ],
  ])('[PLAN1] a world does not end well when one of its statements %s', async (_, statement, fault) => {
    const lab = createLab()
    const world = await startWorld({ features: lab.features, watching: [] })
    await lab.decide(world.as('li'), async (call) => void (await statement.execute(call.tx)))
    await expect(world[Symbol.asyncDispose]()).rejects.toThrow(fault)
  })
  test('[PLAN1] what a test asks of a world’s store is no statement of the product', async () => {
    const { features } = createLab()
    await using world = await startWorld({ features, watching: [] })
    await world.store.reading('shop', (tx) => sql`SELECT count(*) AS n FROM users WHERE badge = 'silver'`.execute(tx))
  })

  test('[PLAN2] connecting costs the same however many groups somebody is in', async () => {
    const { features } = createLab()
    await using world = await startWorld({ features, watching: [] })
    const costOf = async (resume: { version?: number }) => {
      const asked: string[] = []
      const core = await world.startNode({
        store: ({ reading }) => ({
          reading: (of, run) => {
            if (of !== '*') asked.push(appOf(of))
            return reading(of, run)
          },
        }),
      })
      const before = world.statements.sent.length
      const listener = world.listen('li', { core, resume: { epoch: core.epoch, ...resume } })
      await world.settle()
      listener.close()
      const own = world.statements.sent.slice(before).filter((text) => ownStream.test(text))
      return { readings: asked.length, statements: own.length }
    }
    await costOf({})
    const few = await costOf({})
    for (const _ of upTo(20)) await world.makeGroup(['wang', 'li'])
    const many = await costOf({})
    expect(many.readings).toBe(few.readings)
    expect(many.readings).toBe(2)
    expect((await costOf({ version: 1 })).statements).toBe(2)
  })

  test('[PLAN3] the position is exact wherever it goes, before, between and after one’s own words', async () => {
    const { features } = createLab()
    await using world = await startWorld({ features, watching: [] })
    const senders = [...'wwlwwwlllwwwwwwwwwwlw'].map((letter) => (letter === 'l' ? 'li' : 'wang'))
    for (const name of senders) await world.as(name).post(world.groupId, note, { text: '说' })
    const { messages } = await world.core.history(world.as('li').principal, world.groupId, { limit: 100 })
    const said = messages.filter((message) => message.kind === note.kind)
    const start = (said[0]?.seq ?? 1) - 1
    for (const from of said) {
      for (const to of said) {
        if (to.seq <= from.seq) continue
        const unread = said.filter((message) => message.seq > to.seq && message.senderId !== 'li').length
        const at = { appId: 'shop', groupId: world.groupId as string, userId: 'li' }
        await world.store.transaction('shop', async (tx) => {
          await sql`UPDATE conversations SET read_seq = ${start}, read_ordinal = 0, read_own = 0
            WHERE app_id = 'shop' AND group_id = ${at.groupId} AND user_id = 'li'`.execute(tx)
          await moveRead(tx, at, from.seq)
          const moved = await moveRead(tx, at, to.seq)
          const left = moved.last_ordinal - moved.read_ordinal - (moved.own - moved.read_own)
          expect([from.seq, to.seq, left]).toEqual([from.seq, to.seq, unread])
        })
      }
    }
    expect(await refusalOf(world.as('zhou').markRead({ groupId: world.groupId, seq: start + 1 }))).toBe(
      'group.not_found',
    )
  })
})
