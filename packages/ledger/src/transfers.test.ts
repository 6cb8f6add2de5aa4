/** Transfers: double entry, floors, refs, reversals; what is written stays as it is. */
import type { Gives } from '@qun/contract'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { balanceOf, balancesOf, checkEmpty, entriesOf, findTransfer, openAccount, setFrozen } from './accounts.ts'
import { move, rival, startLab } from './fixtures.ts'
import { reverse, transfer, transferAll } from './transfers.ts'

const mint = 'issuer/points'

describe('a transfer', () => {
  test('[LDG1] moves value between accounts and leaves an entry on each', async () => {
    await using lab = await startLab()
    const posted = await lab.decide((call) =>
      transfer(call, move(mint, 'user/wang', 100, { ref: 'grant/1', groupId: 'grp_a' })),
    )
    expect(posted).toEqual({ transferId: expect.stringMatching(/^trf_/), replayed: false })
    await lab.decide((call) => transfer(call, move('user/wang', 'user/li', 30, { ref: 'gift/1' })))
    await lab.decide(async (call) => {
      expect(await balanceOf(call, 'user/wang', 'points')).toBe(70)
      expect(await balanceOf(call, mint, 'points')).toBe(-100)
      expect(await balanceOf(call, 'user/nobody', 'points')).toBe(0)
      expect(await balancesOf(call, 'user/li')).toEqual(new Map([['points', 30]]))
      const entry = { account: 'user/wang', currency: 'points', reason: 'test.move', at: lab.now }
      expect(await entriesOf(call, { account: 'user/wang', currency: 'points', limit: 10 })).toEqual([
        { ...entry, entryNo: 2, amount: -30, balanceAfter: 70, ref: 'gift/1' },
        { ...entry, entryNo: 1, amount: 100, balanceAfter: 100, ref: 'grant/1' },
      ])
      expect(await entriesOf(call, { account: 'user/wang', currency: 'points', before: 2, limit: 10 })).toHaveLength(1)
      expect(await findTransfer(call, 'grant/1')).toEqual({
        ref: 'grant/1',
        currency: 'points',
        reason: 'test.move',
        groupId: 'grp_a',
        legs: [
          { account: mint, amount: -100 },
          { account: 'user/wang', amount: 100 },
        ],
      })
      expect(await findTransfer(call, 'none')).toBeUndefined()
    })
  })
  test('[LDG13] a hundred transfers are four statements, and so is one', async () => {
    await using lab = await startLab()
    await lab.decide((call) => transfer(call, move(mint, 'escrow/grp_a/1', 100)))
    lab.statements.length = 0
    const all = Array.from({ length: 100 }, (_, i) => move('escrow/grp_a/1', `user/u${i}`, 1))
    await lab.decide((call) => transferAll(call, all))
    expect(lab.statements).toHaveLength(4)
    await lab.decide(async (call) => {
      expect(await balanceOf(call, 'escrow/grp_a/1', 'points')).toBe(0)
      expect(await balanceOf(call, 'user/u99', 'points')).toBe(1)
    })
  })
  test('[LDG1] several are all or none, each as if it stood alone', async () => {
    await using lab = await startLab()
    const chain = [move(mint, 'user/a', 5), move('user/a', 'user/b', 5), move('user/b', 'user/c', 5)]
    expect(await lab.refusal((call) => transferAll(call, chain.toReversed()))).toBe('ledger.insufficient_funds')
    await lab.decide((call) => transferAll(call, chain))
    await lab.decide(async (call) => {
      const refused = transferAll(call, [move('user/c', 'user/a', 1), move('user/c', 'user/a', 5)])
      await expect(refused).rejects.toMatchObject({ code: 'ledger.insufficient_funds' })
      // The transaction goes on, and nothing had moved.
      expect(await balanceOf(call, 'user/c', 'points')).toBe(5)
      await transfer(call, move('user/c', 'user/a', 5))
    })
    await lab.decide(async (call) => expect(await balanceOf(call, 'user/a', 'points')).toBe(5))
  })
  test('[LDG9] an unknown currency, one account twice and broken amounts are refused', async () => {
    await using lab = await startLab()
    const one = (more: object) => lab.refusal((call) => transfer(call, move(mint, 'user/a', 5, more)))
    for (const currency of ['USD', 'cny', '', 'voucher:', 'points ', 'voucher:a/b'])
      expect(await one({ currency })).toBe('ledger.currency_unknown')
    for (const currency of ['CNY', 'voucher:cpn_1', 'chance:wheel-2']) expect(await one({ currency })).toBeNull()
    const self = [
      { account: 'user/a', amount: -5 },
      { account: 'user/a', amount: 5 },
    ]
    expect(await one({ legs: self })).toBe('ledger.same_account')
    const huge = [-1, 1].map((sign) => ({ account: `issuer/${sign}`, amount: sign * Number.MAX_SAFE_INTEGER }))
    expect(await one({ legs: huge })).toBeNull()
    expect(await one({ legs: huge })).toBe('ledger.amount_limit')
    const bad = (amounts: number[]) => one({ legs: amounts.map((amount, i) => ({ account: `issuer/${i}`, amount })) })
    for (const amounts of [[-1], [0, 0], [-1, 2], [-0.5, 0.5], [Number.NaN, 1], [-(2 ** 53), 2 ** 53], []])
      await expect(bad(amounts)).rejects.toThrow(/amount|goes in/)
    await expect(one({ legs: [{ account: 'nobody', amount: 1 }] })).rejects.toThrow('not the name')
  })
})

test('[MER2] a card takes nothing from an issuer unless it declared that it gives what one issues', async () => {
  await using lab = await startLab()
  const give = (gives: Gives | undefined, n: number) =>
    lab.decide((call) => {
      const own = move(mint, 'user/wang', 5, { ref: `give/${n}` })
      return transfer(gives === undefined ? call : { ...call, gives }, own)
    })
  await expect(give('nothing', 1)).rejects.toThrow('takes from issuer/points')
  await expect(give('own', 2)).rejects.toThrow('takes from issuer/points')
  await give('issued', 3)
  await give(undefined, 4)
  // What comes back to an issuer is not given.
  await lab.decide((call) => transfer({ ...call, gives: 'own' }, move('user/wang', mint, 10, { ref: 'back/1' })))
})

describe('a floor', () => {
  test('[LDG4] people, escrows and budgets never go below zero; issuers and providers may', async () => {
    await using lab = await startLab()
    for (const from of ['user/a', 'escrow/g/1'])
      expect(await lab.refusal((call) => transfer(call, move(from, 'user/b', 1)))).toBe('ledger.insufficient_funds')
    expect(await lab.refusal((call) => transfer(call, move('budget/x', 'user/b', 1)))).toBe('budget.exhausted')
    for (const from of ['issuer/x', 'provider/wepay'])
      expect(await lab.refusal((call) => transfer(call, move(from, 'user/b', 1)))).toBeNull()
    await lab.decide((call) => openAccount(call, { account: 'user/credit', currency: 'points', floor: -10 }))
    expect(await lab.refusal((call) => transfer(call, move('user/credit', 'user/b', 11)))).toBe(
      'ledger.insufficient_funds',
    )
    expect(await lab.refusal((call) => transfer(call, move('user/credit', 'user/b', 10)))).toBeNull()
  })
  test('[LDG4] the database refuses a balance below the floor, whoever writes it', async () => {
    await using lab = await startLab()
    await lab.decide((call) => transfer(call, move(mint, 'user/a', 5)))
    const spoil = lab.decide(({ tx }) =>
      sql`UPDATE ledger_accounts SET balance = -1 WHERE account = 'user/a'`.execute(tx),
    )
    await expect(spoil).rejects.toMatchObject({ code: '23514' })
  })
  test('a frozen account pays nothing and still receives', async () => {
    await using lab = await startLab()
    const account = { account: 'user/a', currency: 'points' }
    expect(await lab.refusal((call) => setFrozen(call, { ...account, frozen: true }))).toBe('ledger.account_not_found')
    await lab.decide((call) => transfer(call, move(mint, 'user/a', 5)))
    await lab.decide((call) => setFrozen(call, { ...account, frozen: true }))
    expect(await lab.refusal((call) => transfer(call, move('user/a', mint, 5)))).toBe('ledger.account_frozen')
    expect(await lab.refusal((call) => transfer(call, move(mint, 'user/a', 5)))).toBeNull()
    expect(await lab.refusal((call) => checkEmpty(call, 'user/a'))).toBe('ledger.balance_nonzero')
    await lab.decide((call) => setFrozen(call, { ...account, frozen: false }))
    await lab.decide((call) => transfer(call, move('user/a', mint, 10)))
    expect(await lab.refusal((call) => checkEmpty(call, 'user/a'))).toBeNull()
  })
})

describe('a ref', () => {
  test('[LDG6] the same again moves nothing; other content is refused; apps have their own', async () => {
    await using lab = await startLab()
    const grant = move(mint, 'user/a', 5, { ref: 'grant/1' })
    const first = await lab.decide((call) => transfer(call, grant))
    const again = await lab.decide((call) => transfer(call, { ...grant, legs: grant.legs.toReversed() }))
    expect(again).toEqual({ ...first, replayed: true })
    const within = await lab.decide((call) => transferAll(call, [grant, move(mint, 'user/b', 1, { ref: 'x' }), grant]))
    expect(within.map(({ replayed }) => replayed)).toEqual([true, false, true])
    const others = [
      { ...grant, reason: 'other' },
      { ...grant, groupId: 'grp_b' },
      { ...grant, currency: 'CNY' },
    ]
    for (const other of [
      ...others,
      move(mint, 'user/a', 6, { ref: 'grant/1' }),
      move(mint, 'user/b', 5, { ref: 'grant/1' }),
    ])
      expect(await lab.refusal((call) => transfer(call, other))).toBe('idempotency.key_reused')
    const twice = [move(mint, 'user/a', 1, { ref: 'y' }), move(mint, 'user/a', 2, { ref: 'y' })]
    expect(await lab.refusal((call) => transferAll(call, twice))).toBe('idempotency.key_reused')
    expect((await lab.decide((call) => transfer(call, grant), rival)).replayed).toBe(false)
    await lab.decide(async (call) => expect(await balanceOf(call, 'user/a', 'points')).toBe(5))
  })
})

describe('a reversal', () => {
  test('[LDG7] mirrors its original once, and is not reversed itself', async () => {
    await using lab = await startLab()
    await lab.decide((call) => transfer(call, move(mint, 'user/a', 5, { ref: 'grant/1' })))
    const undo = (ref: string, by: string) => lab.refusal((call) => reverse(call, { ref, by, reason: 'test.undo' }))
    expect(await undo('grant/1', 'undo/1')).toBeNull()
    expect(await undo('grant/1', 'undo/1')).toBeNull()
    expect(await undo('grant/1', 'undo/2')).toBe('ledger.already_reversed')
    expect(await undo('undo/1', 'undo/3')).toBe('ledger.not_reversible')
    expect(await undo('none', 'undo/4')).toBe('ledger.not_reversible')
    await lab.decide((call) =>
      transferAll(call, [move(mint, 'user/a', 5, { ref: 'grant/2' }), move('user/a', mint, 1)]),
    )
    expect(await undo('grant/2', 'undo/1')).toBe('idempotency.key_reused')
    expect(await undo('grant/2', 'undo/5')).toBe('ledger.insufficient_funds')
    await lab.decide(async (call) => expect(await balanceOf(call, 'user/a', 'points')).toBe(4))
  })
})
