/** Where unsent messages wait across reloads: in IndexedDB or in memory. Knows nothing of sending. */
/* oxlint-disable unicorn/prefer-add-event-listener -- IndexedDB is declared by the few members used. */
import type { OutboxEntry, OutboxStore } from './api.ts'

type Key = Pick<OutboxEntry, 'userId' | 'groupId' | 'clientId'>
const keyText = (key: Key): string => `${key.userId}\n${key.groupId}\n${key.clientId}`
const inOrder = (entries: readonly OutboxEntry[]): OutboxEntry[] => entries.toSorted((a, b) => a.at - b.at)

/** Lives as long as the page. Two clients may share one. */
export function createMemoryOutbox(): OutboxStore {
  const entries = new Map<string, OutboxEntry>()
  return {
    list: async (userId) => inOrder([...entries.values()].filter((entry) => entry.userId === userId)),
    put: async (entry) => void entries.set(keyText(entry), entry),
    remove: async (key) => void entries.delete(keyText(key)),
  }
}

/** The part of IndexedDB this file uses; node types do not know it. */
interface Request {
  result: unknown
  error: unknown
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}
interface ObjectStore {
  createIndex(name: string, keyPath: string): unknown
  index(name: string): { getAll(key: string): Request }
  put(value: unknown): Request
  delete(key: string[]): Request
}
interface Transaction {
  objectStore(name: string): ObjectStore
  error: unknown
  oncomplete: (() => void) | null
  onabort: (() => void) | null
}
interface Database {
  createObjectStore(name: string, options: { keyPath: string[] }): ObjectStore
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction
  close(): void
  onversionchange: (() => void) | null
  onclose: (() => void) | null
}
export interface IndexedDb {
  open(name: string, version: number): unknown
}

const storeName = 'entries'
const byUser = 'by-user'

/**
 * Survives reloads. Every call rejects where the platform has no usable IndexedDB (private windows, full disks); the
 * client then keeps unsent messages in memory. `put` resolves once the entry is committed.
 */
export function createIndexedDbOutbox(
  options: { readonly name?: string; readonly indexedDb?: IndexedDb } = {},
): OutboxStore {
  const indexedDb = options.indexedDb ?? (globalThis as { readonly indexedDB?: IndexedDb }).indexedDB
  let database: Promise<Database> | undefined
  const open = (): Promise<Database> => {
    database ??= openDatabase(indexedDb, options.name ?? 'qun-outbox', () => (database = undefined))
    return database
  }
  const run = async (mode: 'readonly' | 'readwrite', step: (store: ObjectStore) => Request): Promise<unknown> => {
    const transaction = (await open()).transaction(storeName, mode)
    const request = step(transaction.objectStore(storeName))
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? request.error)
    })
    return request.result
  }
  return {
    list: async (userId) =>
      inOrder((await run('readonly', (store) => store.index(byUser).getAll(userId))) as OutboxEntry[]),
    put: async (entry) => void (await run('readwrite', (store) => store.put(entry))),
    remove: async (key) =>
      void (await run('readwrite', (store) => store.delete([key.userId, key.groupId, key.clientId]))),
  }
}

function openDatabase(indexedDb: IndexedDb | undefined, name: string, forget: () => void): Promise<Database> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      forget()
      reject(error instanceof Error ? error : new Error('IndexedDB cannot be opened'))
    }
    if (indexedDb === undefined) return fail(undefined)
    const request = indexedDb.open(name, 1) as Request & { onupgradeneeded: (() => void) | null }
    request.onupgradeneeded = () => {
      const store = (request.result as Database).createObjectStore(storeName, {
        keyPath: ['userId', 'groupId', 'clientId'],
      })
      store.createIndex(byUser, 'userId')
    }
    request.onerror = () => fail(request.error)
    request.onsuccess = () => {
      const database = request.result as Database
      // A later version in another tab must be able to upgrade; the next call opens again.
      database.onversionchange = () => {
        database.close()
        forget()
      }
      database.onclose = forget
      resolve(database)
    }
  })
}
