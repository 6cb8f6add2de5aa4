/** What a world asked of its database: each statement once, for the checks of its plan. Knows no table. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SqlLogEntry, Store } from '@qun/storage'
import { planFaults, type Statement } from '@qun/storage/testing'
import { inject } from 'vitest'
import { planExceptions } from './plan-exceptions.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder that gets every statement of the run with its first values, for a run on many rows (tools/rows). */
    statementsFolder?: string
  }
}

/** Checked in this process already, and how. */
const known = new Map<string, readonly string[]>()

export class Statements {
  readonly #seen = new Map<string, readonly unknown[]>()
  /** All that was sent so far, in order. */
  readonly sent: string[] = []
  readonly #silence = new AsyncLocalStorage<true>()

  readonly note = ({ text, values, failed }: SqlLogEntry): void => {
    if (failed || this.#silence.getStore() === true) return
    this.sent.push(text)
    if (this.#seen.has(text)) return
    this.#seen.set(text, values)
  }
  /** The same store for a test's own eyes: what it asks there is no statement of the product. */
  silent(store: Store): Store {
    return Object.assign(Object.create(store) as Store, {
      reading: ((appId, run) => this.#silence.run(true, () => store.reading(appId, run))) satisfies Store['reading'],
      transaction: ((appId, run) =>
        this.#silence.run(true, () => store.transaction(appId, run))) satisfies Store['transaction'],
    })
  }
  /** [PLAN1] What is wrong with the plans of these statements, in words; asked once of each in a process. */
  async faults(url: string): Promise<string[]> {
    const fresh = [...this.#seen].filter(([text]) => !known.has(text)).map(([text, values]) => ({ text, values }))
    const folder = inject('statementsFolder')
    if (folder !== undefined) await keep(folder, fresh)
    const asked = fresh.filter(({ text }) => !isExcepted(text))
    if (asked.length > 0) {
      const faults = await planFaults(url, asked)
      for (const [i, { text }] of asked.entries()) known.set(text, faults[i] ?? [])
    }
    // Told once: the first world that sends a bad statement fails, and not each of the others.
    return fresh.flatMap(({ text }) => known.get(text) ?? [])
  }
}

/** Wherever its lines are broken. */
function isExcepted(text: string): boolean {
  const inOneLine = text.replaceAll(/\s+/g, ' ')
  return planExceptions.some(({ part }) => inOneLine.includes(part))
}

async function keep(folder: string, statements: readonly Statement[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { text, values } of statements) {
    const name = createHash('sha256').update(text).digest('hex').slice(0, 16)
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ text, values }))
  }
}
