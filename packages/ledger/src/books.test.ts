/** What the database itself refuses, and what the audits find when it was tampered with. */
import { sql } from 'kysely'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { ledgerAudits } from './audits.ts'
import { move, rival, shop, startLab, type Lab } from './fixtures.ts'
import { reverse, transfer } from './transfers.ts'

const mint = 'issuer/points'
const tables = ['ledger_entries', 'ledger_transfers']

/** Runs as the owner of the tables, whom nothing but the triggers stops. */
async function asOwner(lab: Lab, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: lab.url })
  await client.connect()
  try {
    await client.query(`SET qun.app_id = '*'`)
    for (const text of statements) await client.query(text)
  } finally {
    await client.end()
  }
}
describe('what is written', () => {
  test('[LDG2] no role changes, deletes or empties entries and transfers, the owner of the tables neither', async () => {
    await using lab = await startLab()
    await lab.decide((call) => transfer(call, move(mint, 'user/a', 5)))
    for (const table of tables)
      for (const text of [`UPDATE ${table} SET ref = ref`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
        const refused = { message: expect.stringMatching(/append-only|permission denied/) }
        await expect(lab.decide(({ tx }) => sql.raw(text).execute(tx))).rejects.toMatchObject(refused)
        await expect(asOwner(lab, text)).rejects.toThrow('append-only')
      }
  })
  test('[LDG1] entries that do not sum to zero, or of two currencies, are refused by the database', async () => {
    await using lab = await startLab()
    const add = (...rows: [currency: string, amount: number][]) =>
      lab.decide(({ tx }) =>
        sql
          .raw(
            `INSERT INTO ledger_entries (app_id, account, currency, entry_no, amount, balance_after, ref, reason, at) VALUES ${rows
              .map(
                ([currency, amount], i) => `('shop', 'user/${i}', '${currency}', 1, ${amount}, ${amount}, 'r', 'r', 1)`,
              )
              .join(', ')}`,
          )
          .execute(tx),
      )
    await expect(add(['points', 5])).rejects.toMatchObject({ code: '23514' })
    await expect(add(['points', 5], ['points', -4])).rejects.toMatchObject({ code: '23514' })
    await expect(add(['points', 5], ['CNY', -5])).rejects.toMatchObject({ code: '23514' })
  })
  test('[LDG15] an app sees and moves its own alone', async () => {
    await using lab = await startLab()
    await lab.decide((call) => transfer(call, move(mint, 'user/a', 5, { ref: 'r' })))
    expect(await lab.refusal((call) => transfer(call, move('user/a', 'user/b', 5)), rival)).toBe(
      'ledger.insufficient_funds',
    )
    expect(await lab.refusal((call) => reverse(call, { ref: 'r', by: 'u', reason: 'x' }), rival)).toBe(
      'ledger.not_reversible',
    )
    const forged = lab.store.transaction(shop, (tx) =>
      transfer({ tx, appId: rival, now: 1, randomHex: () => 'x' }, move(mint, 'user/a', 1)),
    )
    await expect(forged).rejects.toMatchObject({ code: '42501' })
  })
})

/** What was done to the books behind the ledger's back, and which audit says so. */
const tamperings: readonly [id: string, table: string, statement: string][] = [
  ['L1', 'ledger_entries', `DELETE FROM ledger_entries WHERE ref = 's' AND amount < 0`],
  ['L1', 'ledger_transfers', `DELETE FROM ledger_transfers WHERE ref = 's'`],
  ['L2', 'ledger_accounts', `UPDATE ledger_accounts SET balance = balance + 1 WHERE account = 'user/a'`],
  ['L3', 'ledger_accounts', `UPDATE ledger_accounts SET balance = balance + 1`],
  ['L3', 'ledger_entries', `UPDATE ledger_entries SET balance_after = 6 WHERE ref = 's' AND amount > 0`],
  ['L3', 'ledger_entries', `UPDATE ledger_entries SET entry_no = 9 WHERE ref = 's' AND amount > 0`],
  ['L4', 'ledger_accounts', `UPDATE ledger_accounts SET floor = NULL`],
  ['L7', 'ledger_entries', `UPDATE ledger_entries SET amount = amount * 2 WHERE ref = 'u'`],
  ['L7', 'ledger_transfers', `UPDATE ledger_transfers SET reverses = 'gone' WHERE ref = 'u'`],
  ['L8', 'ledger_entries', `UPDATE ledger_entries SET currency = 'CNY' WHERE ref = 's'`],
  ['LDG12', 'ledger_lots', `UPDATE ledger_lots SET remaining = remaining - 1`],
]
test('[LDG12] [LDG16] each audit finds what was done to the books, and nothing in books in order', async () => {
  await using lab = await startLab()
  await lab.decide((call) => transfer(call, move(mint, 'user/a', 5, { ref: 'r' })))
  await lab.decide((call) => reverse(call, { ref: 'r', by: 'u', reason: 'x' }))
  const credit = { account: 'user/a', amount: 5, expiresAt: lab.now + 1 }
  const lapsing = [{ account: mint, amount: -5 }, credit]
  await lab.decide((call) => transfer(call, move(mint, 'user/a', 5, { ref: 's', legs: lapsing })))
  expect(await lab.differences()).toEqual([])
  for (const [id, table, statement] of tamperings) {
    const found: string[] = []
    // Tampered with and audited in one transaction, which is then thrown away.
    const undone = lab.store.transaction('*', async (tx) => {
      await sql.raw(`ALTER TABLE ${table} DISABLE TRIGGER USER`).execute(tx)
      await sql.raw(statement).execute(tx)
      for (const { id: by, find } of ledgerAudits) if ((await find(tx, lab.now)).length > 0) found.push(by)
      throw new Error('thrown away')
    })
    await expect(undone).rejects.toThrow('thrown away')
    expect({ statement, found }).toEqual({ statement, found: expect.arrayContaining([id]) })
  }
})
