/** What is read since a version, from every version there was, however messages were born and changed. */
import type { At, World } from '@qun/testing'
import { startWorld } from '@qun/testing'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { counter, createLab, listStored, note, postCounter } from '../fixtures.ts'
import { engineMigrations } from '../ground/store.ts'

const { features } = createLab()
type Move = 'say' | 'say twice' | 'card' | { readonly act: number } | { readonly recall: number }
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Move>('say', 'say twice', 'card') },
  { weight: 4, arbitrary: fc.nat(30).map((act) => ({ act })) },
  { weight: 1, arbitrary: fc.nat(30).map((recall) => ({ recall })) },
)

async function run(world: World, moves: readonly Move[]): Promise<void> {
  const cards: At[] = [await postCounter(world)]
  const lines: At[] = []
  for (const [i, one] of moves.entries()) {
    if (one === 'card') cards.push(await postCounter(world))
    else if (typeof one === 'string')
      for (let n = one === 'say' ? 1 : 2; n > 0; n--)
        lines.push(await world.as('li').post(world.groupId, note, { text: `${i}` }))
    else if ('act' in one) await world.as('zhao').act(cards[one.act % cards.length] as At, counter, 'add', { by: 1 })
    else if (lines.length > 0) await world.as('wang').recall(lines.splice(one.recall % lines.length, 1)[0] as At)
  }
}

/** Of every version, each message with a later one is read once, in pages of three rows that meet without a hole. */
async function expectAllRead(world: World): Promise<void> {
  const stored = await listStored(world)
  const { principal } = world.as('wang')
  const { version } = await world.core.snapshot(principal, world.groupId)
  for (let since = 0; since <= version; since++) {
    const read: (readonly [number, number])[] = []
    for (let from = since, more = true; more;) {
      const page = await world.core.changes(principal, world.groupId, from)
      const rows = page.rows.flatMap((row) => (row.row === 'message' ? [[row.seq, row.version] as const] : []))
      for (const [, at] of rows) expect(at > from && at <= page.to).toBe(true)
      read.push(...rows)
      more = page.more === true
      expect(page.to > from || !more).toBe(true)
      from = page.to
    }
    const expected = stored.filter((row) => row.version > since).map((row) => [row.seq, row.version])
    expect(read.toSorted((a, b) => a[0] - b[0])).toEqual(expected)
  }
}

test('[SYNC24] [SYNC5] what was born or changed since a version is read whole, from every version there was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
      await using world = await startWorld({ features, watching: [], limits: { pullRowsMax: 3 } })
      await run(world, moves)
      await expectAllRead(world)
    }),
    { numRuns: 8, seed: 20_261_129 },
  )
})

test('[SYNC24] rows of an earlier release, whose changes nobody noted, are read whole too', async () => {
  const migration = engineMigrations.find(({ id }) => id === 'core-009')
  const noting = migration?.up.find((text) => text.startsWith('UPDATE messages')) ?? ''
  await using world = await startWorld({ features, watching: [], limits: { pullRowsMax: 3 } })
  const moves = fc.sample(move, { numRuns: 40, seed: 9 })
  await run(world, moves)
  await world.store.transaction('*', async (tx) => {
    await sql`UPDATE messages SET born = NULL`.execute(tx)
    await sql.raw(noting).execute(tx)
  })
  await expectAllRead(world)
})
