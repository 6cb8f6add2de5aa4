/** What the platform offers unless the app hands in its own: the only file of the SDK that touches globals. */
import type { Locale } from '@qun/contract'
import type { ClientOptions, OutboxStore, SocketLike } from './api.ts'
import { createIndexedDbOutbox, createMemoryOutbox, type IndexedDb } from './outbox.ts'
import { problemOf, QunError } from './problem.ts'
import type { ProgressRequest } from './progress-upload.ts'

/** Runs `run` after `delayMs`; the answer cancels it. */
export type Wait = (delayMs: number, run: () => void) => () => void

export interface Platform {
  readonly openSocket: (url: string) => SocketLike
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly random: () => number
  readonly wait: Wait
  readonly outbox: OutboxStore
  /** Undefined where a request cannot be given up. */
  readonly openAbort: () => AbortController | undefined
  /** Absent where an upload cannot tell its progress; an app's own `fetch` is never gone around. */
  readonly openUpload: (() => ProgressRequest) | undefined
  readonly locale: Locale
  /** 128 random bits as hex: a clientId or an Idempotency-Key. */
  readonly freshId: () => string
}

/** Platforms differ (browser, Node, worker, mini-program, rendering on a server): each global may be missing. */
interface Globals {
  readonly WebSocket?: new (url: string) => SocketLike
  readonly fetch?: typeof fetch
  readonly indexedDB?: IndexedDb
  readonly AbortController?: new () => AbortController
  readonly XMLHttpRequest?: new () => ProgressRequest
  readonly navigator?: { readonly language?: string }
  readonly crypto?: { getRandomValues?(bytes: Uint8Array): Uint8Array }
}

export function platformOf(options: ClientOptions): Platform {
  const globals = globalThis as unknown as Globals
  const locale = options.locale ?? (/^en\b/i.test(globals.navigator?.language ?? '') ? 'en' : 'zh-CN')
  const random = options.random ?? (() => Math.random())
  const { XMLHttpRequest: Upload } = globals
  const offline = (): never => {
    throw new QunError(problemOf('client.offline', locale))
  }
  return {
    openSocket: options.openSocket ?? ((url) => (globals.WebSocket ? new globals.WebSocket(url) : offline())),
    // Called as a plain function: browsers refuse a `fetch` with another `this`.
    fetch: options.fetch ?? ((input, init) => (globals.fetch ? globals.fetch(input, init) : offline())),
    now: options.now ?? (() => Date.now()),
    random,
    wait: options.wait ?? waitByTimer,
    outbox: options.outbox ?? outboxOf(globals.indexedDB, options.url),
    openAbort: () => (globals.AbortController ? new globals.AbortController() : undefined),
    openUpload: options.fetch === undefined && Upload !== undefined ? () => new Upload() : undefined,
    locale,
    freshId: () => freshId(options.random === undefined ? globals.crypto : undefined, random),
  }
}

function waitByTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

/** One store per server, so that the unsent words for one are not sent to another. */
function outboxOf(indexedDb: IndexedDb | undefined, url: string): OutboxStore {
  return indexedDb === undefined
    ? createMemoryOutbox()
    : createIndexedDbOutbox({ name: `qun-outbox:${url}`, indexedDb })
}

function freshId(crypto: Globals['crypto'], random: () => number): string {
  const bytes = new Uint8Array(16)
  if (crypto?.getRandomValues) crypto.getRandomValues(bytes)
  else bytes.forEach((_, index) => (bytes[index] = Math.floor(random() * 256)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
