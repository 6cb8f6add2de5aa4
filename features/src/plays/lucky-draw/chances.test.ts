/** Chances beyond the own one: recorded, capped, spent once, and what verifiers make of weights nobody told of. */
import { MINUTE } from '@qun/contract'
import { refusalOf, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { grantChance, luckyDraw } from './contract.ts'
import { enter, hashing, id, open, post, proofIn, runVerifier } from './fixtures.ts'
import { drawFault } from './rules.ts'
import { verifyDraw } from './ui/verify.ts'

const chances = { most: 3, how: '邀请一位好友入群' }
const give = (world: World, at: At, userId: string, chanceId: string) =>
  world.asServer().call(grantChance, { params: { ...at, chanceId }, body: { userId: id(userId) } })

test('[LD20] [LD4] chances given before and after entering are in the list, and every verifier repeats the draw', async () => {
  await using world = await open()
  const at = await post(world, { chances })
  expect(await give(world, at, 'li', 'c1')).toEqual({ weight: 2 })
  for (const name of ['li', 'zhao', 'sun']) await enter(world, at, name)
  for (const chanceId of ['c2', 'c3', 'c3', 'c4']) await give(world, at, 'li', chanceId)
  expect(await give(world, at, 'zhao', 'c5')).toEqual({ weight: 2 })
  await world.pass(11 * MINUTE)
  const { proof, entries } = await proofIn(world, at)
  expect(entries.map((entry) => entry.weight)).toEqual([3, 2, 1])
  expect(proof.weightMost).toBe(3)
  const verdicts = async (weightMost: number) => {
    const told = { ...proof, weightMost }
    const checks = await verifyDraw({ commit: told.commit, listHash: told.listHash, proof: told, entries })
    const failed = checks.filter((check) => !check.passed).map((check) => check.name)
    return [await drawFault(hashing, told, entries), failed.join(), runVerifier(told, entries).status]
  }
  expect(await verdicts(3)).toEqual([undefined, '', 0])
  expect(await verdicts(2)).toEqual(['weights', 'list', 1])
})
test('[LD20] (DRW-16) a chance is spent once in a draw, by members alone, in draws that told of chances', async () => {
  await using world = await open()
  const at = await post(world, { chances })
  await give(world, at, 'li', 'friend-1')
  const refused = (userId: string, chanceId: string, place = at) => refusalOf(give(world, place, userId, chanceId))
  expect(await refused('zhao', 'friend-1')).toBe('draw.not_eligible')
  expect(await refused('zhou', 'friend-2')).toBe('draw.not_eligible')
  expect(await refused('wang', 'friend-2')).toBe('draw.staff_excluded')
  expect(await refused('li', 'friend-2', await post(world))).toBe('draw.not_eligible')
  expect(await refusalOf(post(world, { chances: { most: 2, how: ' ' } }))).toBe('draw.disclosure_missing')
  await world.core.putUser('shop' as never, { userId: id('sun'), name: '孙', minor: true })
  expect(await refused('sun', 'friend-2')).toBe('user.minor_restricted')
  await world.pass(10 * MINUTE)
  expect(await refused('li', 'friend-2')).toBe('draw.closed')
  expect((await world.read(at, luckyDraw)).phase).toBe('closed')
})
