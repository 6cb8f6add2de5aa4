/** The second draw, of prizes nobody claimed in time: when it comes, who can win, and that anyone can repeat it. */
import { MINUTE } from '@qun/contract'
import { refusalOf, type At, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { disbandGroup, removeMember } from '../../people/membership/contract.ts'
import { luckyDraw, type Proof } from './contract.ts'
import { enter, hashing, id, open, post, proofIn, runVerifier } from './fixtures.ts'
import { drawFault } from './rules.ts'
import { verifyDraw } from './ui/verify.ts'

const day = 24 * 60 * MINUTE
const everybody = ['li', 'zhao', 'sun']
const claim = (world: World, at: At, name: string) => refusalOf(world.as(name).act(at, luckyDraw, 'claim', {}))
/** Drawn: two prizes among three, of which the first winner claims. */
async function drawnIn(world: World) {
  const at = await post(world, { claimDays: 7, unclaimed: 'redraw' })
  for (const name of everybody) await enter(world, at, name)
  await world.pass(11 * MINUTE)
  const { winners } = await world.read(at, luckyDraw)
  const [first, second] = winners.map((winner) => winner.userId as string) as [string, string]
  expect(await claim(world, at, first)).toBe(null)
  const third = everybody.find((name) => name !== first && name !== second) as string
  return { at, first, second, third }
}
const lines = async (world: World) => {
  const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
  return messages.filter((row) => JSON.stringify(row.body).includes('已补抽'))
}

describe('the second draw', () => {
  test('[LD18] what was not claimed is drawn once more among the others, told once, claimed in its own days', async () => {
    await using world = await open()
    const { at, first, second, third } = await drawnIn(world)
    const before = await world.read(at, luckyDraw)
    await world.jump(7 * day)
    const after = await world.read(at, luckyDraw)
    expect(after).toMatchObject({ winners: before.winners, redraw: { count: 1, winnerCount: 1 } })
    expect(after.redraw?.winners).toMatchObject([{ userId: third, prize: 1 }])
    expect(after.unclaimedCount).toBe(undefined)
    expect(await world.as(second).mine(at)).toMatchObject({ prize: 1, isLapsed: true })
    expect(await world.as(third).mine(at)).toMatchObject({ prize: 1, isRedrawn: true })
    expect(await claim(world, at, second)).toBe('draw.claim_expired')
    expect(await claim(world, at, first)).toBe(null)
    expect(await lines(world)).toHaveLength(1)
    world.time.moveTo((after.redraw?.at ?? 0) + 7 * day - 1)
    expect(await claim(world, at, third)).toBe(null)
    await world.jump(8 * day)
    expect(await world.read(at, luckyDraw)).toMatchObject({ unclaimedCount: 0, redraw: { count: 1 } })
    expect(await lines(world)).toHaveLength(1)
  })
  test('[LD18] [LD17] there is no third: what the second leaves is the organiser’s, once', async () => {
    await using world = await open()
    const { at, third } = await drawnIn(world)
    await world.jump(7 * day)
    await world.jump(7 * day)
    expect((await world.read(at, luckyDraw)).unclaimedCount).toBe(1)
    expect(await claim(world, at, third)).toBe('draw.claim_expired')
    const before = await world.read(at, luckyDraw)
    await world.jump(30 * day)
    expect(await world.read(at, luckyDraw)).toEqual(before)
  })
  test('[LD18] nobody is left, or all claimed, or it says void: nothing is drawn again', async () => {
    await using world = await open()
    const alone = await post(world, { claimDays: 7, unclaimed: 'redraw' })
    const claimed = await post(world, { claimDays: 7, unclaimed: 'redraw' })
    const plain = await post(world, { claimDays: 7, unclaimed: 'void' })
    for (const at of [alone, claimed]) await enter(world, at, 'li')
    for (const name of everybody) await enter(world, plain, name)
    await world.pass(11 * MINUTE)
    expect(await claim(world, claimed, 'li')).toBe(null)
    await world.jump(7 * day)
    expect(await world.read(alone, luckyDraw)).toMatchObject({ redraw: { winnerCount: 0 }, unclaimedCount: 1 })
    for (const [at, count] of [
      [claimed, 0],
      [plain, 2],
    ] as const) {
      const state = await world.read(at, luckyDraw)
      expect([state.redraw, state.unclaimedCount]).toEqual([undefined, count])
    }
    expect(await lines(world)).toHaveLength(0)
  })
  test('[LD18] [LD11] who is banned by then is set aside in sight; a disbanded group draws nothing again', async () => {
    await using world = await open()
    const { at, third } = await drawnIn(world)
    const params = { groupId: world.groupId }
    await world.as('he').call(removeMember, { params: { ...params, userId: id(third) }, body: { ban: true } })
    await world.jump(7 * day)
    expect(await world.read(at, luckyDraw)).toMatchObject({ redraw: { winnerCount: 0 }, unclaimedCount: 1 })
    const { proof, entries } = await proofIn(world, at, 'wang')
    expect(proof.redraw).toMatchObject({ winners: [], voided: [everybody.indexOf(third) + 1] })
    expect(await drawFault(hashing, proof, entries)).toBe(undefined)
  })
  test('[LD18] a disbanded group draws nothing again', async () => {
    await using world = await open()
    const { at } = await drawnIn(world)
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    await world.jump(7 * day)
    const state = await world.read(at, luckyDraw)
    expect([state.redraw, state.unclaimedCount]).toEqual([undefined, 1])
  })
  test('[LD8] [LD18] (DRW-05) a redraw without days to claim is not told wholly', async () => {
    await using world = await open()
    const error: unknown = await post(world, { unclaimed: 'redraw' }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'draw.disclosure_missing', more: { errors: [{ pointer: '/claimDays' }] } })
  })
})

describe('its proof', () => {
  test('[LD4] [LD18] server, browser and script repeat it; a changed second winner shows in all three', async () => {
    await using world = await open()
    const { at, first } = await drawnIn(world)
    await world.jump(7 * day)
    const { proof, entries } = await proofIn(world, at)
    expect(proof.redraw).toMatchObject({ drawId: `${proof.drawId}#2`, lapsed: [proof.winners[1]?.entryNo] })
    const verdicts = async (told: Proof) => [
      await drawFault(hashing, told, entries),
      (await verifyDraw({ commit: told.commit, listHash: told.listHash, proof: told, entries }))
        .filter((check) => !check.passed)
        .map((check) => check.name)
        .join(),
      runVerifier(told, entries).status,
    ]
    expect(await verdicts(proof)).toEqual([undefined, '', 0])
    const redraw = proof.redraw as NonNullable<Proof['redraw']>
    const [winner] = redraw.winners
    const tampered: NonNullable<Proof['redraw']>[] = [
      { ...redraw, winners: [] },
      { ...redraw, winners: [{ ...(winner as Proof['winners'][0]), prize: 0 }] },
      { ...redraw, lapsed: [] },
      { ...redraw, lapsed: [99] },
      { ...redraw, drawId: `${proof.drawId}#3` },
    ]
    for (const change of tampered)
      expect(await verdicts({ ...proof, redraw: change }), JSON.stringify(change)).not.toContain(undefined)
    const stranger = { ...redraw, winners: [{ ...(winner as Proof['winners'][0]), userId: id(first) }] }
    expect(await verdicts({ ...proof, redraw: stranger })).toEqual(['people', 'redraw', 1])
  })
})
