/** Red packets as members meet them: sending, opening, ending; money is where it belongs at every step. */
import { HOUR, MINUTE } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { refusalOf, type At, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { crowd } from '../../people/membership/fixtures.ts'
import { addMembers, disbandGroup, muteMember, removeMember, setRole } from '../../people/membership/contract.ts'
import { claimsOf, purseOf, redPacket, triesWaitMs, type PacketBody } from './contract.ts'
import { appId, asLedger, balance, escrowOf, fund, grab, id, open, post, refOf, transfers } from './fixtures.ts'
import { commitOf } from './rules-secrets.ts'
import { createRedPacket } from './server.ts'

const mineOf = (world: World, at: At, who: string) => world.as(who).mine<typeof redPacket>(at)
const claims = (world: World, at: At, who: string, query: { after?: number; limit?: number } = {}) =>
  world.as(who).call(claimsOf, { params: at, query })
const refused = (world: World, change: Partial<PacketBody>, who = 'wang') => refusalOf(post(world, change, who))
const factsOf = async (world: World) => {
  const { rows } = await world.store.reading(appId, (tx) =>
    sql<{ name: string; data: string }>`SELECT name, data FROM facts WHERE name LIKE 'red-packet.%'
      ORDER BY group_id, fact_seq`.execute(tx),
  )
  return rows.map(({ name, data }) => ({ name, ...(JSON.parse(data) as object) }))
}

describe('sending', () => {
  test('[R2] the amount leaves the sender in the decision that posts; a repeated post is one packet and one hold', async () => {
    await using world = await open()
    const at = await world.as('wang').post(world.groupId, redPacket, { ...luckyBody, amount: 1_000 }, 'k1')
    const again = await world.as('wang').post(world.groupId, redPacket, { ...luckyBody, amount: 1_000 }, 'k1')
    expect(again).toEqual(at)
    const other = world.as('wang').post(world.groupId, redPacket, { ...luckyBody, amount: 1_001 }, 'k1')
    expect(await refusalOf(other)).toBe('idempotency.key_reused')
    expect(await balance(world, 'user/wang')).toBe(999_000)
    expect(await balance(world, escrowOf(at))).toBe(1_000)
    expect(await transfers(world, refOf(at))).toBe(1)
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'open', claimedCount: 0 })
  })
  test('[R2] what the sender does not have is refused, and there is no message', async () => {
    await using world = await open()
    const before = (await world.core.history(world.as('li').principal, world.groupId, {})).messages.length
    expect(await refused(world, {}, 'li')).toBe('ledger.insufficient_funds')
    const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
    expect(messages).toHaveLength(before)
    await fund(world, 'user/li', 1_000)
    expect(await refused(world, {}, 'li')).toBe(null)
    expect(await balance(world, 'user/li')).toBe(0)
  })
  test('[R1] amounts that cannot be divided, currencies nobody has, receivers who are none', async () => {
    await using world = await open()
    expect(await refused(world, { amount: 5, count: 10 })).toBe('redpacket.amount_too_small')
    expect(await refused(world, { amount: 20_001, count: 1 })).toBe('redpacket.share_limit')
    expect(await refused(world, { amount: 60_001 })).toBe('redpacket.share_limit')
    expect(await refused(world, { count: 6 })).toBe('redpacket.count_invalid')
    expect(await refused(world, { currency: 'USD' })).toBe('ledger.currency_unknown')
    expect(await refused(world, { recipientId: id('li') })).toBe('redpacket.recipient_invalid')
    expect(await refused(world, { count: 1, recipientId: id('zhou') })).toBe('redpacket.recipient_invalid')
    expect(await refused(world, { count: 1, recipientId: id('wang') })).toBe('redpacket.recipient_invalid')
    for (const amount of [0, -1, 0.5, 1e21, Number.NaN, '100'])
      expect(await refused(world, { amount: amount as number })).toBe('request.invalid')
    expect(await refused(world, { count: 101 })).toBe('request.invalid')
    expect(await balance(world, 'user/wang')).toBe(1_000_000)
  })
  test('[RP1] whom the law protects sends and opens none', async () => {
    await using world = await open()
    await world.core.putUser(appId, { userId: id('li'), name: '小李', minor: true })
    await fund(world, 'user/li', 5_000)
    expect(await refused(world, {}, 'li')).toBe('user.minor_restricted')
    const at = await post(world)
    expect(await refusalOf(grab(world, at, 'li'))).toBe('user.minor_restricted')
  })
  test('[RP2] a budget of the shop pays for its staff alone, within their day, and is given back what is left', async () => {
    await using world = await open()
    await fund(world, 'budget/camellia/spring', 1_500)
    await asLedger(world, (call) => setBudget(call, { scope: 'staff-day', currency: 'points', cap: 1_000 }))
    expect(await refused(world, { budget: 'spring' }, 'li')).toBe('merchant.not_issuer')
    const params = { groupId: world.groupId, userId: id('sun') }
    await world.as('wang').call(setRole, { params, body: { role: 'admin' } })
    expect(await refused(world, { budget: 'spring' }, 'sun')).toBe('merchant.not_issuer')
    const at = await post(world, { budget: 'spring', split: 'equal', amount: 900 })
    expect(await refused(world, { budget: 'spring', amount: 101 })).toBe('budget.exhausted')
    await grab(world, at, 'li')
    await world.jump(24 * HOUR)
    expect(await balance(world, 'budget/camellia/spring')).toBe(1_200)
    const day = { scope: 'staff-day@camellia', subject: 'wang/2026-01-01' }
    const spent = await asLedger(world, (call) => budgetOf(call, { ...day, currency: 'points' }))
    expect(spent).toEqual({ cap: 1_000, spent: 300 })
  })
})
/** The next write to a table is refused by the store, those after it are not. */
async function breakOnce(world: World, table: string): Promise<void> {
  await world.store.transaction('*', (tx) =>
    sql
      .raw(
        `CREATE SEQUENCE broken_${table};
        CREATE FUNCTION break_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('broken_${table}') = 1 THEN RAISE EXCEPTION 'broken by a test'; END IF; RETURN NULL; END $$;
        CREATE TRIGGER broken AFTER INSERT OR UPDATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION break_${table}()`,
      )
      .execute(tx),
  )
}
const luckyBody: PacketBody = { currency: 'points', amount: 1_000, count: 3, split: 'lucky' }

describe('opening', () => {
  test('[R3] [R4] [R5] [R6] [R11] [R12] each opens once, the last one ends it, the luckiest is told', async () => {
    await using world = await open()
    const at = await post(world)
    await grab(world, at, 'li')
    const mine = await mineOf(world, at, 'li')
    expect(mine).toMatchObject({ place: 1, at: world.time.now() })
    await grab(world, at, 'li')
    expect(await mineOf(world, at, 'li')).toEqual(mine)
    expect(await balance(world, 'user/li')).toBe(mine?.amount)
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'open', claimedCount: 1 })
    expect(await world.read(at, redPacket)).not.toHaveProperty('luckiest')
    await grab(world, at, 'zhao')
    await grab(world, at, 'wang')
    const state = await world.read(at, redPacket)
    const shares = await Promise.all(
      ['li', 'zhao', 'wang'].map(async (who) => (await mineOf(world, at, who))?.amount ?? 0),
    )
    const best = Math.max(...shares)
    const king = ['li', 'zhao', 'wang'][shares.indexOf(best)]
    expect(state).toMatchObject({ phase: 'finished', claimedSum: 1_000, luckiest: { userId: king, amount: best } })
    expect(await refusalOf(grab(world, at, 'sun'))).toBe('redpacket.empty')
    await grab(world, at, 'zhao')
    expect(await transfers(world, `${refOf(at)}open/`)).toBe(3)
    expect(await balance(world, escrowOf(at))).toBe(0)
    await world.jump(25 * HOUR)
    expect(await world.read(at, redPacket)).toEqual(state)
    const names = (await factsOf(world)).map(({ name }) => name.slice('red-packet.'.length))
    expect(names).toEqual(['sent', 'opened', 'opened', 'opened', 'finished', 'lucky_king'])
  })
  test('[R8] who left, was muted, joined late or is not the receiver gets nothing', async () => {
    await using world = await open({ packets: createRedPacket({ membersWhenSent: true }), history: 'all' })
    const params = { groupId: world.groupId }
    const at = await post(world)
    await world.as('wang').call(muteMember, { params: { ...params, userId: id('li') }, body: { durationMs: 600_000 } })
    expect(await refusalOf(grab(world, at, 'li'))).toBe('member.muted')
    await world.as('wang').call(removeMember, { params: { ...params, userId: id('zhao') }, body: {} })
    expect(await refusalOf(grab(world, at, 'zhao'))).toBe('message.not_found')
    await world.pass(MINUTE)
    await world.as('wang').call(addMembers, { params, body: { userIds: [id('zhou')] } })
    expect(await refusalOf(grab(world, at, 'zhou'))).toBe('redpacket.joined_late')
    const exclusive = await post(world, { count: 1, split: 'equal', recipientId: id('sun'), amount: 88 })
    expect(await refusalOf(grab(world, exclusive, 'he'))).toBe('redpacket.not_recipient')
    expect(await refusalOf(grab(world, exclusive, 'wang'))).toBe('redpacket.not_recipient')
    await grab(world, exclusive, 'sun')
    expect(await balance(world, 'user/sun')).toBe(88)
    expect(await refusalOf(grab(world, exclusive, 'he'))).toBe('redpacket.not_recipient')
  })
  test('[RP3] senders open their own, unless the host says no', async () => {
    await using world = await open({ packets: createRedPacket({ senderOpens: false }) })
    const at = await post(world)
    expect(await refusalOf(grab(world, at, 'wang'))).toBe('redpacket.own')
  })
  test('[RP4] a phrase is never sent to anybody; five wrong ones and one waits', async () => {
    await using world = await open()
    const at = await post(world, { phrase: ' 山茶花开 ', hint: '店名和一句好话', count: 2 })
    const { message } = await world.core.message(world.as('li').principal, at.groupId, at.seq)
    expect(JSON.stringify(message)).not.toContain('山茶花开')
    for (let i = 0; i < 5; i++)
      expect(await refusalOf(grab(world, at, 'li', { phrase: `猜${i}` }))).toBe('redpacket.password_wrong')
    expect((await mineOf(world, at, 'li'))?.tries).toBe(5)
    for (const phrase of ['猜', '山茶花开'])
      expect(await refusalOf(grab(world, at, 'li', { phrase }))).toBe('rate.limited')
    expect(await refusalOf(grab(world, at, 'zhao'))).toBe('redpacket.password_wrong')
    await grab(world, at, 'zhao', { phrase: '山茶花开' })
    expect(await mineOf(world, at, 'zhao')).toEqual({
      amount: expect.any(Number) as number,
      at: world.time.now(),
      place: 1,
    })
    await world.pass(triesWaitMs)
    expect(await refusalOf(grab(world, at, 'li', { phrase: '猜' }))).toBe('redpacket.password_wrong')
    await grab(world, at, 'li', { phrase: '山茶花开' })
    expect(await refusalOf(grab(world, at, 'sun', { phrase: '山茶花开' }))).toBe('redpacket.empty')
  })
  test('[RP4] a phrase of another packet, or none, cannot be posted', async () => {
    await using world = await open()
    const at = await post(world, { phrase: '山茶' })
    const { message } = await world.core.message(world.as('wang').principal, at.groupId, at.seq)
    const { phraseId } = message.body as PacketBody
    expect(await refused(world, { phraseId: phraseId as string })).toBe('redpacket.phrase_invalid')
    expect(await refused(world, { phrase: '  ' })).toBe('redpacket.phrase_invalid')
    const twice = () => world.as('wang').post(world.groupId, redPacket, { ...luckyBody, phrase: '山茶' }, 'same')
    expect(await twice()).toEqual(await twice())
  })
  test('[RP5] where tickets are asked for, each is good for one try at one packet by one person', async () => {
    await using world = await open({ packets: createRedPacket({ tickets: true }) })
    const [at, other] = [await post(world, { phrase: '山茶' }), await post(world)]
    const ticketOf = async (place: At, who: string) => {
      await world.as(who).act(place, redPacket, 'ticket', {})
      return (await mineOf(world, place, who))?.ticket ?? ''
    }
    expect(await refusalOf(grab(world, at, 'li', { phrase: '山茶' }))).toBe('redpacket.ticket_required')
    const [ticket, foreign] = [await ticketOf(at, 'li'), await ticketOf(other, 'li')]
    const tryWith = (held: string, phrase: string, who = 'li') =>
      refusalOf(grab(world, at, who, { phrase, ticket: held }))
    expect(await tryWith(foreign, '山茶')).toBe('redpacket.ticket_invalid')
    expect(await tryWith(ticket, '山茶', 'zhao')).toBe('redpacket.ticket_invalid')
    expect(await tryWith(ticket, '茶')).toBe('redpacket.password_wrong')
    expect(await tryWith(ticket, '山茶')).toBe('redpacket.ticket_invalid')
    expect(await tryWith(await ticketOf(at, 'li'), '山茶')).toBe(null)
    expect(await mineOf(world, at, 'li')).not.toHaveProperty('ticket')
  })
  test('[R4] [R11] sixty-four at once by one person are one share; of a hundred shares three hundred get a hundred', async () => {
    await using world = await open({ limits: { snapshotMembers: 400 } })
    const { groupId, names } = await crowd(world, 300)
    const one = await post(world, { count: 50, amount: 5_000 }, 'wang', groupId)
    await Promise.all(Array.from({ length: 64 }, () => grab(world, one, 'm0')))
    expect(await world.read(one, redPacket)).toMatchObject({ claimedCount: 1 })
    const at = await post(world, { count: 100, amount: 88_888 }, 'wang', groupId)
    const codes = await Promise.all(names.map((name) => refusalOf(grab(world, at, name))))
    expect(codes.filter((code) => code === null)).toHaveLength(100)
    expect(codes.filter((code) => code === 'redpacket.empty')).toHaveLength(200)
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'finished', claimedSum: 88_888 })
    expect(await transfers(world, `${refOf(at)}open/`)).toBe(100)
    const single = await post(world, { count: 1, amount: 1 }, 'wang', groupId)
    const race = await Promise.all(names.slice(0, 64).map((name) => refusalOf(grab(world, single, name))))
    expect(race.filter((code) => code === null)).toHaveLength(1)
  })
  test('[R9] [RP6] who opened it is paged; amounts show after one’s own and at the end, with the proof', async () => {
    await using world = await open()
    const at = await post(world)
    await grab(world, at, 'li')
    const hidden = await claims(world, at, 'zhao')
    expect(hidden).toMatchObject({
      claimedCount: 1,
      claims: [{ place: 1, userId: 'li', name: '小李', amount: null }],
      proof: null,
    })
    const own = (await mineOf(world, at, 'li'))?.amount
    expect((await claims(world, at, 'li')).claims[0]?.amount).toBe(own)
    await grab(world, at, 'zhao')
    await grab(world, at, 'sun')
    const first = await claims(world, at, 'wang', { limit: 2 })
    const rest = await claims(world, at, 'wang', { after: 2 })
    const all = [...first.claims, ...rest.claims]
    expect(all.map(({ userId }) => userId)).toEqual(['li', 'zhao', 'sun'])
    expect(first.proof?.shares).toEqual(all.map(({ amount }) => amount))
    const { commit } = await world.read(at, redPacket)
    expect(commitOf(first.proof?.secret ?? '', first.proof?.shares ?? [])).toBe(commit)
    expect(await refusalOf(claims(world, { ...at, seq: at.seq - 1 }, 'li'))).toMatch(/not_found$/)
    const { groupId } = world
    expect(await world.as('li').call(purseOf, { params: { groupId } })).toMatchObject({
      purses: [{ currency: 'points', balance: own }],
    })
  })
})

describe('ending', () => {
  test('[R7] what nobody opened goes back once, at the time; the clock decides also while the job is late', async () => {
    await using world = await open()
    const at = await post(world, { split: 'equal', amount: 900 })
    await grab(world, at, 'li')
    world.time.moveTo(world.time.now() + 24 * HOUR - 1)
    await grab(world, at, 'zhao')
    world.time.moveTo(world.time.now() + 2)
    expect(await refusalOf(grab(world, at, 'sun'))).toBe('redpacket.expired')
    expect((await world.read(at, redPacket)).phase).toBe('open')
    await world.settle()
    const state = await world.read(at, redPacket)
    expect(state).toMatchObject({ phase: 'expired', claimedCount: 2, claimedSum: 600, refunded: 300 })
    expect(await refusalOf(grab(world, at, 'sun'))).toBe('redpacket.expired')
    await grab(world, at, 'li')
    expect(await balance(world, 'user/wang')).toBe(999_400)
    await world.jump(48 * HOUR)
    expect(await transfers(world, `${refOf(at)}refund`)).toBe(1)
    expect(await world.read(at, redPacket)).toEqual(state)
    expect((await factsOf(world)).filter(({ name }) => name === 'red-packet.expired')).toMatchObject([
      { refunded: 300 },
    ])
  })
  test('[R7] [RP9] a refund that breaks half way is made once by the next try', async () => {
    await using world = await open()
    const at = await post(world)
    for (const table of ['red_packet_shares', 'ledger_transfers', 'red_packet_packets']) await breakOnce(world, table)
    await world.jump(24 * HOUR)
    await world.pass(2 * MINUTE)
    expect(world.takeBugs()).toHaveLength(3)
    expect(await transfers(world, `${refOf(at)}refund`)).toBe(1)
    expect(await balance(world, 'user/wang')).toBe(1_000_000)
  })
  test('[RP7] taken back before the first is opened, never after; the message stays while money is in it', async () => {
    await using world = await open()
    const [first, second] = [await post(world), await post(world)]
    const revoke = (at: At, who = 'wang') => refusalOf(world.as(who).act(at, redPacket, 'revoke', {}))
    expect(await refusalOf(world.as('wang').recall(first))).toBe('redpacket.not_recallable')
    expect(await revoke(first, 'he')).toBe('message.not_owner')
    expect(await revoke(first)).toBe(null)
    expect(await revoke(first)).toBe(null)
    expect(await world.read(first, redPacket)).toMatchObject({ phase: 'revoked', refunded: 1_000 })
    expect(await refusalOf(grab(world, first, 'li'))).toBe('redpacket.revoked')
    expect(await balance(world, 'user/wang')).toBe(999_000)
    expect(await refusalOf(world.as('wang').recall(first))).toBe(null)
    await grab(world, second, 'li')
    expect(await revoke(second)).toBe('redpacket.not_revocable')
    expect(await refusalOf(world.as('wang').recall(second))).toBe('redpacket.not_recallable')
    await world.jump(25 * HOUR)
    expect(await refusalOf(world.as('wang').recall(second))).toBe('redpacket.not_recallable')
  })
  test('[RP8] a disbanded group’s packets are settled', async () => {
    await using world = await open()
    const at = await post(world, { split: 'equal', amount: 900 })
    await grab(world, at, 'li')
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await refusalOf(grab(world, at, 'zhao'))).toBe('group.dissolved')
    await world.settle()
    expect(await world.read(at, redPacket)).toMatchObject({ phase: 'expired', refunded: 600 })
    expect(await balance(world, 'user/wang')).toBe(999_700)
  })
})
