/** What the ledger's own tests share: a migrated database of their own, calls as a decision makes them, an audit. */
import type { AppId } from '@qun/contract'
import { Refusal } from '@qun/contract'
import { migrate, type Store, type StoreOptions } from '@qun/storage'
import { borrowDatabase } from '@qun/storage/lending'
import { templateDatabase, templateName } from '@qun/storage/testing'
import { randomBytes } from 'node:crypto'
import { expect, inject } from 'vitest'
import { ledgerAudits } from './audits.ts'
import { ledgerMigrations } from './migrations.ts'
import type { LedgerCall, Transfer } from './transfers.ts'

export const shop = 'shop' as AppId
export const rival = 'rival' as AppId

export class Lab implements AsyncDisposable {
  readonly store: Store
  readonly url: string
  readonly #end: () => Promise<void>
  now = 1_700_000_000_000
  /** Names and texts of all statements since the test emptied it. */
  readonly statements: string[]
  constructor(store: Store, url: string, statements: string[], end: () => Promise<void>) {
    this.store = store
    this.url = url
    this.statements = statements
    this.#end = end
  }
  /** One decision of an app. */
  decide<T>(run: (call: LedgerCall) => Promise<T>, appId: AppId = shop): Promise<T> {
    return this.store.transaction(appId, (tx) =>
      run({ tx, appId, now: this.now, randomHex: (bytes = 16) => randomBytes(bytes).toString('hex') }),
    )
  }
  /** The code a decision was refused with, null if it was not. */
  async refusal(run: (call: LedgerCall) => Promise<unknown>, appId: AppId = shop): Promise<string | null> {
    try {
      await this.decide(run, appId)
      return null
    } catch (error) {
      if (error instanceof Refusal) return error.code
      throw error
    }
  }
  async differences(): Promise<string[]> {
    const found = []
    for (const { id, find } of ledgerAudits) {
      const said = await this.store.reading('*', (tx) => find(tx, this.now))
      found.push(...said.map((line) => `${id}: ${line}`))
    }
    return found
  }
  /** Whatever a test did, the books balance after it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const found = await this.differences()
    await this.#end()
    expect(found).toEqual([])
  }
}

export async function startLab(options: Partial<StoreOptions> = {}): Promise<Lab> {
  const template = await templateDatabase({
    adminUrl: inject('pgUrl'),
    name: templateName(ledgerMigrations),
    prepare: async (url) => {
      await migrate(url, ledgerMigrations, () => 0)
    },
  })
  const loan = await borrowDatabase(template)
  const statements: string[] = []
  const store = await loan.openStore({ sqlLog: ({ text }) => statements.push(text), ...options })
  return new Lab(store, loan.url, statements, async () => {
    await store.close()
    await loan.giveBack()
  })
}

let refs = 0
/** A transfer of `amount` points from one account to another, under a ref of its own unless told. */
export function move(from: string, to: string, amount: number, more: Partial<Transfer> = {}): Transfer {
  return {
    ref: `test/${(refs += 1)}`,
    currency: 'points',
    reason: 'test.move',
    legs: [
      { account: from, amount: -amount },
      { account: to, amount },
    ],
    ...more,
  }
}
