/** As many at once as a test says, for the last chance that an entry may have: fast sixty-four, slow a thousand. */
import { answered, refusalOf } from '@qun/testing'
import { expect } from 'vitest'
import { crowd, spread } from '../../people/membership/fixtures.ts'
import { grantChance, luckyDraw } from './contract.ts'
import { bodyAt, enter, id, open, proofIn } from './fixtures.ts'

/** So many orders give one member a chance, and one order gives it to so many members: both count once. */
export async function lastChance(count: number): Promise<void> {
  await using world = await open(undefined, { snapshotMembers: 1_100 })
  const { groupId, names } = await crowd(world, count)
  await spread(world)
  const body = bodyAt(world, { chances: { most: 2, how: '每单一次' } })
  const at = await world.as('wang').post(groupId, luckyDraw, body)
  await Promise.all(names.map((name) => enter(world, at, name)))
  const give = (name: string, chanceId: string) =>
    answered(() => world.asServer().call(grantChance, { params: { ...at, chanceId }, body: { userId: id(name) } }))
  const [first = ''] = names
  const weights = await Promise.all(names.map((_, n) => give(first, `order-${n}`)))
  expect(weights).toEqual(names.map(() => ({ weight: 2 })))
  const codes = await Promise.all(names.slice(1).map((name) => refusalOf(give(name, 'shared'))))
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'draw.not_eligible')).toHaveLength(count - 2)
  await world.jump((body.drawsAt ?? 0) - world.time.now())
  const { entries } = await proofIn(world, at, first)
  expect(entries.map(({ weight }) => weight).toSorted()).toEqual([...names.slice(2).map(() => 1), 2, 2])
}
