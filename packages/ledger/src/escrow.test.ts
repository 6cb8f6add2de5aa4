/** Value that waits in an escrow: whatever ways it goes, it lapses on the day it always did. */
import { seeded } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { balanceOf, findTransfer } from './accounts.ts'
import { expire, lotsOf } from './expiry.ts'
import { move, startLab, type Lab } from './fixtures.ts'
import { reverse, transfer, transferAll, type TransferLeg } from './transfers.ts'

const mint = 'issuer/points'
const escrow = 'escrow/g/1'
const DAY = 86_400_000

const grant = (lab: Lab, account: string, amount: number, expiresAt?: number) =>
  lab.decide((call) => {
    const legs = [
      { account: mint, amount: -amount },
      { account, amount, ...(expiresAt === undefined ? {} : { expiresAt }) },
    ]
    return transfer(call, move(mint, account, amount, { legs }))
  })
const pay = (lab: Lab, from: string, to: string, amount: number, ref?: string) =>
  lab.refusal((call) => transfer(call, move(from, to, amount, ref === undefined ? {} : { ref })))
const balance = (lab: Lab, account: string) => lab.decide((call) => balanceOf(call, account, 'points'))
const lots = (lab: Lab, account: string) =>
  lab.decide(async (call) =>
    (await lotsOf(call, { account, currency: 'points', limit: 10 })).map(({ expiresAt, remaining }) => [
      expiresAt,
      remaining,
    ]),
  )
const sweep = (lab: Lab) => lab.decide((call) => expire(call, { currency: 'points', to: mint, limit: 100 }))
/** What people and escrows hold by the day it lapses; '' never does. */
async function heldByDate(lab: Lab): Promise<Map<string, number>> {
  const { rows } = await lab.decide(({ tx }) =>
    sql<{
      at: string
      sum: number
    }>`SELECT coalesce(l.expires_at::text, '') AS at, sum(l.remaining)::bigint AS sum FROM (
        SELECT expires_at, remaining FROM ledger_lots WHERE account NOT LIKE 'issuer/%'
        UNION ALL SELECT NULL, a.balance - coalesce((SELECT sum(remaining) FROM ledger_lots l
          WHERE l.account = a.account AND l.currency = a.currency), 0)
        FROM ledger_accounts a WHERE account NOT LIKE 'issuer/%') l
      GROUP BY 1 HAVING sum(l.remaining) <> 0 ORDER BY 1`.execute(tx),
  )
  return new Map(rows.map(({ at, sum }) => [at, sum]))
}

describe('what waits in an escrow', () => {
  test('[LDG12] keeps its end date for whoever receives it, and for its sender when it comes back', async () => {
    await using lab = await startLab()
    const [soon, late] = [lab.now + DAY, lab.now + 9 * DAY]
    await grant(lab, 'user/a', 30, late)
    await grant(lab, 'user/a', 20, soon)
    await grant(lab, 'user/a', 100)
    expect(await pay(lab, 'user/a', escrow, 80)).toBeNull()
    expect(await lots(lab, 'user/a')).toEqual([])
    expect(await pay(lab, escrow, 'user/b', 25)).toBeNull()
    expect(await lots(lab, 'user/b')).toEqual([
      [soon, 20],
      [late, 5],
    ])
    expect(await pay(lab, escrow, 'user/c', 15)).toBeNull()
    expect(await lots(lab, 'user/c')).toEqual([[late, 15]])
    expect(await pay(lab, escrow, 'user/a', 40)).toBeNull()
    expect(await lots(lab, 'user/a')).toEqual([[late, 10]])
    expect(await balance(lab, 'user/a')).toBe(110)
  })
  test('[LDG12] what nobody keeps for anybody lapses as before only where the transfer says so', async () => {
    await using lab = await startLab()
    await grant(lab, 'user/a', 20, lab.now + DAY)
    expect(await pay(lab, 'user/a', 'user/b', 20)).toBeNull()
    expect(await lots(lab, 'user/b')).toEqual([])
    await grant(lab, 'user/a', 20, lab.now + DAY)
    expect(await pay(lab, 'user/a', escrow, 20)).toBeNull()
    expect(await pay(lab, escrow, mint, 20)).toBeNull()
    expect(await lots(lab, mint)).toEqual([])
  })
  test('[LDG11] [LDG12] does not lapse while it waits; past its date it has lapsed when it comes out', async () => {
    await using lab = await startLab()
    await grant(lab, 'user/a', 20, lab.now + DAY)
    await grant(lab, 'user/a', 10)
    expect(await pay(lab, 'user/a', escrow, 30)).toBeNull()
    lab.now += 2 * DAY
    expect(await sweep(lab)).toEqual({ expired: [], more: false })
    expect(await balance(lab, escrow)).toBe(30)
    expect(await pay(lab, escrow, 'user/b', 25)).toBeNull()
    expect(await balance(lab, 'user/b')).toBe(5)
    expect((await sweep(lab)).expired).toEqual([{ account: 'user/b', amount: 20 }])
    expect(await pay(lab, escrow, 'user/c', 5)).toBeNull()
    expect(await balance(lab, 'user/c')).toBe(5)
  })
  test('[LDG6] [LDG7] [LDG12] a retry is the same transfer whatever dates it moved; its mirror gives them back', async () => {
    await using lab = await startLab()
    const soon = lab.now + DAY
    await grant(lab, 'user/a', 20, soon)
    expect(await pay(lab, 'user/a', escrow, 15, 'fund')).toBeNull()
    await grant(lab, 'user/a', 7, lab.now + 3 * DAY)
    expect(await pay(lab, 'user/a', escrow, 15, 'fund')).toBeNull()
    expect(await balance(lab, escrow)).toBe(15)
    const found = await lab.decide((call) => findTransfer(call, 'fund'))
    expect(await lab.refusal((call) => transfer(call, found as NonNullable<typeof found>))).toBeNull()
    await lab.decide((call) => reverse(call, { ref: 'fund', by: 'back', reason: 'test.back' }))
    expect(await lots(lab, 'user/a')).toEqual([
      [soon, 20],
      [lab.now + 3 * DAY, 7],
    ])
  })
  test('[LDG12] over any run of packets the sum of each date stays, whoever holds it', async () => {
    await using lab = await startLab()
    const random = seeded(23)
    const below = (n: number) => Math.floor(random() * n)
    const people = Array.from({ length: 6 }, (_, i) => `user/u${i}`)
    for (const account of people)
      for (let n = 0; n < 4; n += 1) {
        const days = below(5)
        await grant(lab, account, 1 + below(200), days === 0 ? undefined : lab.now + days * DAY)
      }
    const before = await heldByDate(lab)
    expect(before.size).toBe(5)
    const pick = () => people[below(people.length)] as string
    for (let packet = 0; packet < 60; packet += 1) {
      const from = pick()
      const at = `escrow/g/${packet}`
      const amount = 1 + below(150)
      if ((await pay(lab, from, at, amount)) !== null) continue
      let left = amount
      while (left > 0 && random() < 0.8) {
        const receivers = people.filter((account) => account !== from && random() < 0.4).slice(0, left)
        const legs: TransferLeg[] = receivers.map((account) => ({ account, amount: 1 }))
        const given = legs.length
        if (given === 0) continue
        const more = below(left - given + 1)
        legs[0] = { account: receivers[0] as string, amount: 1 + more }
        const all = [{ account: at, amount: -(given + more) }, ...legs]
        await lab.decide((call) => transferAll(call, [move(at, from, 1, { legs: all })]))
        left -= given + more
      }
      if (left > 0) expect(await pay(lab, at, from, left)).toBeNull()
      expect(await heldByDate(lab)).toEqual(before)
    }
    lab.now += 10 * DAY
    const { expired } = await sweep(lab)
    const lapsed = [...before].reduce((sum, [at, held]) => sum + (at === '' ? 0 : held), 0)
    expect(expired.reduce((sum, { amount }) => sum + amount, 0)).toBe(lapsed)
    expect([...(await heldByDate(lab)).keys()]).toEqual([''])
  })
})
