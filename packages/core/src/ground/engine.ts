/**
 * What the engine's own files share: the store, the bus, the clock, the registry, and how news leave after a commit.
 */
import { hash } from 'node:crypto'
import { type Bus, topicOf } from '@qun/bus'
import { refuse, Refusal, type AppId, type RefusalDetail } from '@qun/contract'
import { type Owner, type Store, storeTrouble, TurnRefusedError } from '@qun/storage'
import { Bug } from '../host/assert.ts'
import type { Principal } from '../host/host.ts'
import type { Limits } from '../host/limits.ts'
import { PublicationLetter, type GroupNews, type UserNews } from './publication.ts'
import type { Registry } from '../host/registry.ts'
import type { RiskPort } from '../host/risk.ts'
import type { RowText } from './row-text.ts'
import type { Validators } from '../host/validate.ts'

export interface Engine {
  readonly store: Store
  readonly bus: Bus
  readonly registry: Registry
  readonly validators: Validators
  readonly limits: Limits
  /** Another one once the store is another one. */
  readonly epoch: string
  readonly risk: RiskPort | undefined
  /** The apps whose work this node does; all when undefined. */
  readonly apps: readonly string[] | undefined
  /** The version of the wire this host speaks. */
  readonly protocol: number
  now(): number
  /** Milliseconds that only grow, whatever the wall clock does: for spacing what goes out. */
  elapsed(): number
  randomHex(bytes: number): string
  wait(delayMs: number, run: () => void): () => void
  /** Whether this process has more to do than it can: what comes late anyway comes later. */
  isBusy(): boolean
  /** How long it takes to write one frame to one socket. */
  writeMs(): number
  onBug(error: unknown, where: string): void
  /** A worker could not reach the store; it tries again by itself. */
  onWorkerTrouble(error: unknown): void
  /** Tells the workers that something of an app may be due before their next poll. */
  nudge(work: 'jobs' | 'reactions' | 'spreads', appId: AppId): void
  /** Notes that a commit changed a group: what is told of the log runs after it. */
  hear(appId: AppId, groupId: string): void
  /** A refusal by code, also of an endpoint of the engine. */
  refusal(code: string, more?: RefusalDetail): Refusal
  /**
   * A commit may have gone through unheard (the connection broke while it ran): all nodes are told to look for what it
   * wrote in these groups and streams of users, so that nobody waits for the next message to learn of the last.
   */
  doubt(appId: AppId, groupIds: Iterable<string>, userIds?: Iterable<string>): void
  /** Counts work under way, so that `stop` and `settle` can wait for it. */
  track<T>(work: Promise<T>): Promise<T>
}

/** Whose turn a reading or a decision takes, and whose share: a person's, or their app's. */
export type Payer = Owner & { readonly appId: AppId }

export function payerOf(who: Principal): Payer {
  return who.byHost === true ? { appId: who.appId } : who
}

export const groupTopic = (appId: string, groupId: string) => topicOf('group', appId, groupId)
export const userTopic = (appId: string, userId: string) => topicOf('user', appId, userId)

export function publishGroup(
  engine: Engine,
  appId: AppId,
  groupId: string,
  news: GroupNews,
  rows: readonly RowText[],
): void {
  engine.hear(appId, groupId)
  engine.bus.publish(groupTopic(appId, groupId), new PublicationLetter(news, rows), news.to)
}
export function publishUser(
  engine: Engine,
  appId: AppId,
  userId: string,
  news: UserNews,
  rows: readonly RowText[],
): void {
  // A cut moves no version: it travels as it is.
  const version = news.cut === undefined ? news.to : undefined
  engine.bus.publish(userTopic(appId, userId), new PublicationLetter(news, rows), version)
}

/** A refusal by code: the engine's, or one a feature declared. A code nobody declared is a bug. */
export function refusalOf(registry: Registry, code: string, more: RefusalDetail = {}): Refusal {
  const kind = registry.refusals.get(code)
  if (kind === undefined) throw new Bug(`refusal ${code} is declared nowhere`)
  return new Refusal(code, kind, more)
}

/** [CARD11] [IDEM5] Refusals after which what their handler wrote is committed all the same. */
const keeping = new WeakSet<Refusal>()
export function failKeeping(registry: Registry, code: string, more: RefusalDetail = {}): never {
  const refusal = refusalOf(registry, code, more)
  keeping.add(refusal)
  throw refusal
}
export function keepsEffects(error: unknown): error is Refusal {
  return error instanceof Refusal && keeping.has(error)
}

/** What is told whoever took more of the machine than their share; undefined for any other error. */
export function spentShareOf(error: unknown): Refusal | undefined {
  if (!(error instanceof TurnRefusedError) || error.code !== 'store.share_spent') return undefined
  return refuse('rate.limited', { detail: 'share of the machine', retryAfterMs: error.retryAfterMs })
}

/** What a caller is told of a failure of the store: try later. Anything else is passed on unchanged. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof Refusal || error instanceof Bug) return error
  const spent = spentShareOf(error)
  if (spent !== undefined) return spent
  switch (storeTrouble(error)) {
    case 'unavailable':
    case 'conflict':
      return refuse('store.unavailable', { retryAfterMs: 1_000 })
    case 'full':
      return refuse('storage.full', { retryAfterMs: 30_000 })
    default:
      return error
  }
}

/** The first 52 bits of a SHA-256: tells whether two requests are the same, and is an exact number everywhere. */
export function fingerprintOf(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, 13), 16)
}
/** A 16-byte key of several texts, in the form of a uuid; ('a:b','c') and ('a','b:c') differ. */
export function keyOf(...parts: readonly string[]): string {
  return hash('sha256', parts.map((part) => `${part.length}:${part}`).join('')).slice(0, 32)
}
