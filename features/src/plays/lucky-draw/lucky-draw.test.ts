/** Lucky draws as members meet them: entering, drawing, proving. */
import { createHash } from 'node:crypto'
import { MINUTE } from '@qun/contract'
import { refusalOf, type At } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { putMerchantEndpoint, putStaff, removeStaff } from '../../people/merchant/contract.ts'
import merchants from '../../people/merchant/server.ts'
import {
  addMembers,
  createGroupForHost,
  disbandGroup,
  leaveGroup,
  removeMember,
  setRole,
} from '../../people/membership/contract.ts'
import { entriesOf, grantChance, luckyDraw, proofOf } from './contract.ts'
import { bodyAt, enter, enterFresh, hashing, id, open, post, proofIn, runVerifier } from './fixtures.ts'
import { drawFault, firstRoundAfter, roundAt } from './rules.ts'
import type { Beacon } from './server-beacons.ts'
import plainDraw, { createLuckyDraw } from './server.ts'

describe('entering', () => {
  test('[LD2] a member enters once, however often and however many at once', async () => {
    await using world = await open()
    const at = await post(world)
    await Promise.all(['k1', 'k2', 'k3'].map((key) => enterFresh(world, at, 'li', key)))
    expect((await world.read(at, luckyDraw)).entryCount).toBe(1)
    await enter(world, at, 'zhao')
    await enterFresh(world, at, 'li', 'k4')
    expect(await world.as('li').mine(at)).toEqual({ entryNo: 1 })
    expect(await world.as('zhao').mine(at)).toEqual({ entryNo: 2 })
    expect(await refusalOf(enter(world, at, 'zhou'))).toMatch(/_found$/)
  })
  test('[LD2] three hundred at once are three hundred entries, numbered without a gap', async () => {
    await using world = await open(plainDraw, { snapshotMembers: 400 })
    const names = Array.from({ length: 300 }, (_, i) => `m${i}`)
    for (const name of names) await world.core.putUser('shop' as never, { userId: id(name), name })
    for (let i = 0; i < 300; i += 100) {
      const userIds = names.slice(i, i + 100).map(id)
      await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds } })
    }
    const at = await post(world)
    await Promise.all(names.map((name) => enter(world, at, name)))
    expect((await world.read(at, luckyDraw)).entryCount).toBe(300)
    await world.pass(11 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    expect(entries.map((entry) => entry.entryNo)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD11] owner, admins and people with the shop’s badge do not take part', async () => {
    await using world = await open()
    await world.core.putUser('shop' as never, { userId: id('zhao'), name: '赵阿姨', badge: 'staff' })
    const at = await post(world, {}, 'he')
    for (const who of ['wang', 'he', 'zhao']) expect(await refusalOf(enter(world, at, who))).toBe('draw.staff_excluded')
    await world
      .as('wang')
      .call(setRole, { params: { groupId: world.groupId, userId: id('sun') }, body: { role: 'admin' } })
    expect(await refusalOf(enter(world, at, 'sun'))).toBe('draw.staff_excluded')
  })
  test.each([
    ['the shop', 'shop'],
    ['a store of it', 'store'],
    ['whom the shop belongs to', 'group'],
  ])('[LD11] who works for %s takes no part, in whatever post and without a badge', async (_, merchantId) => {
    await using world = await open(plainDraw, {}, [merchants])
    const host = world.asServer()
    for (const [at, parentId] of [['group'], ['shop', 'group'], ['store', 'shop'], ['other']] as const)
      await host.call(putMerchantEndpoint, {
        params: { merchantId: at },
        body: { name: at, ...(parentId && { parentId }) },
      })
    const work = (at: string, userId: string, abilities: 'issue'[] = []) =>
      host.call(putStaff, { params: { merchantId: at, userId: id(userId) }, body: { post: '店员', abilities } })
    await work('shop', 'wang', ['issue'])
    const memberIds = ['li', 'zhao', 'sun'].map(id)
    const made = { merchantId: 'shop', name: '群', ownerId: id('wang'), adminIds: [], memberIds }
    const { groupId } = await host.call(createGroupForHost, { body: made })
    await work(merchantId, 'li')
    await work('other', 'sun')
    const at = await world.as('wang').post(groupId, luckyDraw, {
      ...bodyAt(world, { chances: { how: '每单一次', most: 3 } }),
      prizes: [{ name: '可颂', quantity: 9, valueFen: 1_600 }],
    })
    expect(await refusalOf(enter(world, at, 'li'))).toBe('draw.staff_excluded')
    const chance = { params: { ...at, chanceId: 'c1' }, body: { userId: id('li') } }
    expect(await refusalOf(host.call(grantChance, chance))).toBe('draw.staff_excluded')
    // Let go, they are a member like any other; who is hired after entering is set aside at the draw.
    await host.call(removeStaff, { params: { merchantId, userId: id('li') } })
    for (const who of ['zhao', 'sun']) await enter(world, at, who)
    await enterFresh(world, at, 'li', 'later')
    await work(merchantId, 'zhao')
    await world.pass(11 * MINUTE)
    const drawn = await world.read(at, luckyDraw)
    expect(drawn.winners.map((winner) => winner.userId).toSorted()).toEqual(['li', 'sun'])
    const { proof, entries } = await proofIn(world, at, 'sun')
    expect(proof.voided).toEqual([1])
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD1] nobody enters at or after the closing time, also while its job is late', async () => {
    await using world = await open()
    const at = await post(world)
    world.time.moveTo(world.time.now() + 10 * MINUTE)
    expect(await refusalOf(enter(world, at, 'li'))).toBe('draw.closed')
    await world.settle()
    expect((await world.read(at, luckyDraw)).phase).toBe('closed')
    expect(await refusalOf(enter(world, at, 'li'))).toBe('draw.closed')
  })
})

describe('drawing', () => {
  test('[LD3] [LD4] [LD6] [LD7] [LD13] sealed, closed with a hash, drawn with a proof', async () => {
    await using world = await open()
    const at = await post(world)
    for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
    const opened = await world.read(at, luckyDraw)
    expect(opened).toMatchObject({ phase: 'open', winners: [] })
    expect(JSON.stringify(opened)).not.toContain('"seed"')
    expect(await refusalOf(world.as('wang').call(proofOf, { params: at }))).toBe('draw.seed_sealed')
    await world.pass(10 * MINUTE)
    const closed = await world.read(at, luckyDraw)
    expect(closed).toMatchObject({ phase: 'closed', listHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(await refusalOf(world.as('wang').call(proofOf, { params: at }))).toBe('draw.seed_sealed')
    await world.pass(MINUTE)
    const drawn = await world.read(at, luckyDraw)
    expect(drawn).toMatchObject({ phase: 'drawn', commit: opened.commit, listHash: closed.listHash, winnerCount: 2 })
    expect(
      createHash('sha256')
        .update(Buffer.from(drawn.seed ?? '', 'hex'))
        .digest('hex'),
    ).toBe(opened.commit)
    expect(new Set(drawn.winners.map((winner) => winner.userId)).size).toBe(2)
    for (const winner of drawn.winners) {
      expect(await world.as(winner.userId).mine(at)).toEqual({ entryNo: winner.entryNo, prize: winner.prize })
    }
    const { proof, entries } = await proofIn(world, at)
    expect(proof.winners).toEqual(drawn.winners)
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD4] [I15] verify.mjs repeats the draw, and catches a changed winner', async () => {
    await using world = await open()
    const at = await post(world)
    for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
    await world.pass(11 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    const { stdout, status } = runVerifier(proof, entries)
    expect(stdout).toContain('ok   the 2 winners')
    expect(status).toBe(0)
    const [first, second] = proof.winners
    const changed = runVerifier({ ...proof, winners: [{ ...first, userId: second?.userId }, second] }, entries)
    expect(changed).toMatchObject({ status: 1, stdout: expect.stringContaining('FAIL the 2 winners') as string })
    const round = { mode: 'beacon', chain: 'quicknet', round: 7 }
    // What is said of where chance came from is proved like the rest.
    for (const entropy of [{ mode: 'group' }, round, { mode: 'x' }]) {
      const { stdout: said, status: end } = runVerifier({ ...proof, entropy }, entries)
      expect([said.includes('FAIL chance'), end], JSON.stringify(entropy)).toEqual([true, 1])
    }
  })
  test('[LD12] drawn and announced once, also if jobs run again', async () => {
    await using world = await open()
    const at = await post(world)
    await enter(world, at, 'li')
    await world.pass(11 * MINUTE)
    const before = await world.read(at, luckyDraw)
    await world.pass(5 * MINUTE)
    expect(await world.read(at, luckyDraw)).toEqual(before)
    const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
    expect(messages.filter((row) => JSON.stringify(row.body).includes('已开奖'))).toHaveLength(1)
  })
  test('[LD11] who left stays in the list; who is banned or staff by then is set aside in sight', async () => {
    await using world = await open()
    const at = await post(world, { prizes: [{ name: '可颂', quantity: 3, valueFen: 1_600 }] })
    for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
    const params = { groupId: world.groupId }
    await world.as('li').call(leaveGroup, { params, body: {} })
    await world.as('he').call(removeMember, { params: { ...params, userId: id('zhao') }, body: { ban: true } })
    await world.pass(11 * MINUTE)
    const drawn = await world.read(at, luckyDraw)
    expect(drawn.winners.map((winner) => winner.userId).toSorted()).toEqual(['li', 'sun'])
    const { proof, entries } = await proofIn(world, at)
    expect(proof).toMatchObject({ voided: [2], entryCount: 3 })
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD7] nobody entered: drawn all the same, without winners', async () => {
    await using world = await open()
    const at = await post(world)
    await world.pass(11 * MINUTE)
    expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'drawn', winnerCount: 0, winners: [] })
    const { proof, entries } = await proofIn(world, at)
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD12] a draw of a disbanded group is settled', async () => {
    await using world = await open()
    const at = await post(world)
    await enter(world, at, 'li')
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await refusalOf(enter(world, at, 'zhao'))).toBe('group.dissolved')
    await world.pass(11 * MINUTE)
    expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'drawn', winners: [{ userId: 'li' }] })
  })
})

describe('entropy', () => {
  test('[LD4] nonces of the entrants go into the list', async () => {
    await using world = await open()
    const at = await post(world, { entropy: { mode: 'group' } })
    expect(await refusalOf(enter(world, at, 'li'))).toBe('draw.nonce_missing')
    await enter(world, at, 'li', 'ab'.repeat(16))
    await enter(world, at, 'zhao', 'cd'.repeat(16))
    await world.pass(11 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    expect(entries.map((entry) => entry.nonce)).toEqual(['ab'.repeat(16), 'cd'.repeat(16)])
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD10] a beacon’s round lies after the close, and a late beacon only delays the draw', async () => {
    const chain = { genesisAt: Date.UTC(2025, 0, 1), periodMs: 30_000 }
    let isUp = false
    const beacon: Beacon = {
      chains: { demo: chain },
      read: (_, round) =>
        isUp
          ? Promise.resolve(createHash('sha256').update(`round ${round}`).digest('hex'))
          : Promise.reject(new Error('away')),
    }
    await using world = await open(createLuckyDraw({ beacon }))
    const closesAt = world.time.now() + 10 * MINUTE
    const round = firstRoundAfter(chain, closesAt)
    const drawsAt = roundAt(chain, round)
    const entropy = { mode: 'beacon' as const, chain: 'demo', round }
    const wrong = [
      { ...entropy, round: round - 1 },
      { ...entropy, round: round + 1 },
      { ...entropy, round: 1 },
      { ...entropy, chain: 'other' },
    ]
    for (const each of wrong) expect(await refusalOf(post(world, { drawsAt, entropy: each }))).toBe('draw.beacon_round')
    const at = await post(world, { drawsAt, entropy })
    for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
    await world.pass(12 * MINUTE)
    expect((await world.read(at, luckyDraw)).phase).toBe('closed')
    isUp = true
    await world.pass(2 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    expect(proof.beacon).toBe(createHash('sha256').update(`round ${round}`).digest('hex'))
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
  test('[LD10] without a beacon of the host none can be promised', async () => {
    await using world = await open()
    expect(await refusalOf(post(world, { entropy: { mode: 'beacon', chain: 'demo', round: 9 } }))).toBe(
      'draw.beacon_round',
    )
  })
})

describe('terms', () => {
  test('[LD8] what must be told is asked for by name', async () => {
    await using world = await open()
    const { organiser: _, ...body } = bodyAt(world, { contact: ' ', prizes: [{ name: '可颂', quantity: 1 }] })
    const error: unknown = await world
      .as('wang')
      .post(world.groupId, luckyDraw, body)
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'draw.disclosure_missing',
      more: {
        errors: ['/organiser', '/contact', '/prizes/0/valueFen'].map((pointer) => ({
          pointer,
          code: 'draw.disclosure_missing',
        })),
      },
    })
  })
  test('[LD9] worth and number of prizes are bounded; members post no draws', async () => {
    await using world = await open()
    const prize = (valueFen: number, quantity = 1) => [{ name: '咖啡机', quantity, valueFen }]
    expect(await refusalOf(post(world, { prizes: prize(5_000_001) }))).toBe('draw.prize_cap')
    expect(await refusalOf(post(world, { prizes: [...prize(1, 150), ...prize(1, 51)] }))).toBe('draw.prizes_invalid')
    expect(await refusalOf(post(world, { closesAt: world.time.now() }))).toBe('draw.times_invalid')
    expect(await refusalOf(post(world, {}, 'li'))).toBe('group.permission')
  })
  test('[LD14] cancelled while open, with a reason; never once closed', async () => {
    await using world = await open()
    const cancel = (at: At, who = 'wang') =>
      refusalOf(world.as(who).act(at, luckyDraw, 'cancel', { reason: '奖品缺货' }))
    const first = await post(world)
    await enter(world, first, 'li')
    expect(await cancel(first, 'li')).toBe('group.permission')
    expect(await cancel(first)).toBeNull()
    expect(await cancel(first)).toBe('draw.closed')
    expect(await refusalOf(enter(world, first, 'zhao'))).toBe('draw.closed')
    const second = await post(world)
    await enter(world, second, 'li')
    await world.pass(10 * MINUTE)
    expect(await cancel(second)).toBe('draw.closed')
    await world.pass(MINUTE)
    expect(await world.read(first, luckyDraw)).toMatchObject({ phase: 'cancelled', cancelled: { reason: '奖品缺货' } })
    expect((await world.read(second, luckyDraw)).phase).toBe('drawn')
  })
  test('[LD15] once somebody entered it is not recalled', async () => {
    await using world = await open()
    const at = await post(world)
    await enter(world, at, 'li')
    expect(await refusalOf(world.as('wang').recall(at))).toBe('draw.locked')
    const unused = await post(world)
    await world.as('wang').recall(unused)
    await world.pass(11 * MINUTE)
    expect(await refusalOf(world.as('li').call(entriesOf, { params: unused }))).toBe('message.not_found')
  })
})

describe('after the draw', () => {
  const day = 24 * 60 * MINUTE
  test('[LD17] winners claim within their days, once; the rest goes back, once, for all to see', async () => {
    await using world = await open()
    const at = await post(world, { claimDays: 7 })
    for (const name of ['li', 'zhao', 'sun']) await enter(world, at, name)
    await world.pass(11 * MINUTE)
    const { winners } = await world.read(at, luckyDraw)
    const [first, second] = winners.map((winner) => winner.userId as string)
    const loser = ['li', 'zhao', 'sun'].find((name) => name !== first && name !== second)!
    const claim = (name: string) => refusalOf(world.as(name).act(at, luckyDraw, 'claim', {}))
    expect(await Promise.all([claim(first!), claim(first!)])).toEqual([null, null])
    expect(await claim(loser)).toBe('draw.not_winner')
    expect(await world.as(first!).mine(at)).toMatchObject({ claimedAt: world.time.now() })
    await world.jump(7 * day)
    expect((await world.read(at, luckyDraw)).unclaimedCount).toBe(1)
    expect(await claim(second!)).toBe('draw.claim_expired')
    expect(await claim(first!)).toBe(null)
  })
  test('[LD16] who is under age does not enter, and does not win when the host says so late', async () => {
    await using world = await open()
    const at = await post(world)
    const minor = (name: string) => world.core.putUser('shop' as never, { userId: id(name), name, minor: true })
    await minor('sun')
    expect(await refusalOf(enter(world, at, 'sun'))).toBe('user.minor_restricted')
    await enter(world, at, 'li')
    await enter(world, at, 'zhao')
    await minor('li')
    await world.pass(11 * MINUTE)
    const { proof, entries } = await proofIn(world, at)
    expect(proof.winners.map((winner) => winner.userId)).toEqual(['zhao'])
    expect(proof.voided).toEqual([1])
    expect(await drawFault(hashing, proof, entries)).toBeUndefined()
  })
})
