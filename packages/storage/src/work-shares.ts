/**
 * What people and apps take of the machine, in milliseconds of work, and what they may: an account for each, emptied at
 * a share of the machine. Who took more than it holds waits until it does, unless nobody else wants anything. Knows
 * neither what the work is nor where it waits.
 */

import { availableParallelism } from 'node:os'

/** For whom something is done: an app, or one person of it. */
export interface Owner {
  readonly appId: string
  /** Absent where it is the app's own doing. */
  readonly userId?: string
  /** True once nobody waits for it any more. */
  readonly isGone?: boolean
}

/** The app of whom a transaction is asked for. */
export const appOf = (of: string | Owner): string => (typeof of === 'string' ? of : of.appId)

export interface WorkShareLimits {
  /** Of the machine: what a person, and an app, may take for good while others want something. */
  readonly person: number
  readonly app: number
  /** Of the machine: what an app may take and leave to all others together, where that is more. */
  readonly whole: number
  /** What the machine has. */
  readonly processors: number
  /** Milliseconds of work that may come at once before that. */
  readonly personBurstMs: number
  readonly appBurstMs: number
  /** Whoever took far too much is held up for no longer, by this alone. */
  readonly debtMaxMs: number
  /** Others who asked for nothing for so long want nothing. Infinity: nobody is ever alone. */
  readonly aloneAfterMs: number
}
export const workShareLimits: WorkShareLimits = {
  person: 0.03,
  app: 0.1,
  whole: 0.25,
  processors: availableParallelism(),
  personBurstMs: 400,
  appBurstMs: 600,
  debtMaxMs: 10_000,
  aloneAfterMs: 1_000,
}

/** The engine's own work in all apps at once has no account. */
const everyApp = '*'
const forgetEveryMs = 10_000
/** Of what was used, about so much counts as being used now. */
const rememberedMs = 3_000

interface Rate {
  readonly share: number
  readonly burstMs: number
}
/** Work done and not yet made up for. */
class Account {
  #spentMs = 0
  #at = 0

  spentMs(now: number, share: number): number {
    this.#spentMs = Math.max(0, this.#spentMs - (now - this.#at) * share)
    this.#at = now
    return this.#spentMs
  }
  charge(ms: number, now: number, { share, burstMs }: Rate, debtMaxMs: number): void {
    this.#spentMs = Math.min(burstMs + debtMaxMs * share, this.spentMs(now, share) + ms)
  }
  /** Milliseconds until it may take more; 0 when it may. */
  restMs(now: number, { share, burstMs }: Rate): number {
    return Math.max(0, (this.spentMs(now, share) - burstMs) / share)
  }
}

/** What is used of the machine, as of the last seconds. */
class Use {
  #ms = 0
  #at = 0

  add(ms: number, now: number): void {
    this.#ms = this.#left(now) + ms
    this.#at = now
  }
  /** Of a processor. */
  share(now: number): number {
    return this.#left(now) / rememberedMs
  }
  #left(now: number): number {
    return this.#ms * Math.exp((this.#at - now) / rememberedMs)
  }
}

/** Who asked for something lately: enough to know whether anybody but one did. */
class Company {
  #last: string | undefined
  #lastAt = -Infinity
  #otherAt = -Infinity

  note(name: string, now: number): void {
    if (name !== this.#last) {
      this.#otherAt = this.#lastAt
      this.#last = name
    }
    this.#lastAt = now
  }
  /** When anybody but them asked last. */
  othersAt(name: string): number {
    return name === this.#last ? this.#otherAt : this.#lastAt
  }
}

interface AppShare {
  readonly account: Account
  readonly use: Use
  readonly company: Company
  readonly people: Map<string, Account>
}

/** Who asks for something, what it takes, and how long they have to rest for it. */
export type WorkAccounts = Pick<WorkShares, 'ask' | 'charge' | 'restOf' | 'isAlone' | 'now' | 'limits'>

/** Work that is put on two accounts: whoever took too much of either has to rest. */
export class BothAccounts implements WorkAccounts {
  readonly #one: WorkAccounts
  readonly #other: WorkAccounts

  /** Time, processors and company are those of the first. */
  constructor(one: WorkAccounts, other: WorkAccounts) {
    this.#one = one
    this.#other = other
  }
  get now(): () => number {
    return this.#one.now
  }
  get limits(): WorkShareLimits {
    return this.#one.limits
  }
  ask(owner: Owner): void {
    this.#one.ask(owner)
    this.#other.ask(owner)
  }
  charge(owner: Owner, ms: number): void {
    this.#one.charge(owner, ms)
    this.#other.charge(owner, ms)
  }
  restOf(owner: Owner): number {
    return Math.max(this.#one.restOf(owner), this.#other.restOf(owner))
  }
  isAlone(appId: string): boolean {
    return this.#one.isAlone(appId)
  }
}

export class WorkShares {
  readonly limits: WorkShareLimits
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly #priceOf: ((ms: number) => number) | undefined
  readonly #person: Rate
  readonly #apps = new Map<string, AppShare>()
  readonly #company = new Company()
  readonly #use = new Use()
  #forgottenAt = 0

  /** `priceOf`: what work told to be so many milliseconds counts for, asked once for each charge. */
  constructor(
    limits: Partial<WorkShareLimits> = {},
    now: () => number = () => performance.now(),
    priceOf?: (ms: number) => number,
  ) {
    this.limits = { ...workShareLimits, ...limits }
    this.now = now
    this.#priceOf = priceOf
    this.#person = { share: this.#ofMachine(this.limits.person), burstMs: this.limits.personBurstMs }
    this.#forgottenAt = now()
  }
  /** Accounts of people and apps that are kept. */
  get size(): number {
    let size = this.#apps.size
    for (const { people } of this.#apps.values()) size += people.size
    return size
  }

  /** Notes that they want something. */
  ask({ appId, userId }: Owner): void {
    if (appId === everyApp) return
    const now = this.now()
    if (now - this.#forgottenAt >= forgetEveryMs) this.#forget(now)
    this.#company.note(appId, now)
    if (userId !== undefined) this.#shareOf(appId).company.note(userId, now)
  }
  /** Puts work on the account of the person and on that of the app. */
  charge({ appId, userId }: Owner, told: number): void {
    const ms = this.#priceOf?.(told) ?? told
    if (appId === everyApp) return
    const now = this.now()
    const { debtMaxMs } = this.limits
    const app = this.#shareOf(appId)
    const { people } = app
    app.account.charge(ms, now, this.#rateOf(app, now), debtMaxMs)
    app.use.add(ms, now)
    this.#use.add(ms, now)
    if (userId === undefined) return
    let own = people.get(userId)
    if (own === undefined) people.set(userId, (own = new Account()))
    own.charge(ms, now, this.#person, debtMaxMs)
  }
  /** Milliseconds until they may have more; 0 when they may now. */
  restOf({ appId, userId }: Owner): number {
    const share = this.#apps.get(appId)
    if (share === undefined) return 0
    const now = this.now()
    const since = now - this.limits.aloneAfterMs
    const otherAppAt = this.#company.othersAt(appId)
    const ofApp = otherAppAt >= since ? share.account.restMs(now, this.#rateOf(share, now)) : 0
    const own = userId === undefined ? undefined : share.people.get(userId)
    if (own === undefined) return ofApp
    const isAlone = otherAppAt < since && share.company.othersAt(userId!) < since
    return isAlone ? ofApp : Math.max(ofApp, own.restMs(now, this.#person))
  }

  /** Nobody of another app asked for anything lately. */
  isAlone(appId: string): boolean {
    return this.#company.othersAt(appId) < this.now() - this.limits.aloneAfterMs
  }
  /** An app has its own share, or what the others leave of the whole. */
  #rateOf({ use }: AppShare, now: number): Rate {
    const { app, whole, appBurstMs } = this.limits
    const others = Math.max(0, this.#use.share(now) - use.share(now))
    return { share: Math.max(this.#ofMachine(app), this.#ofMachine(whole) - others), burstMs: appBurstMs }
  }
  /** In processors. */
  #ofMachine(share: number): number {
    return share * this.limits.processors
  }
  #shareOf(appId: string): AppShare {
    let share = this.#apps.get(appId)
    if (share === undefined)
      this.#apps.set(
        appId,
        (share = { account: new Account(), use: new Use(), company: new Company(), people: new Map() }),
      )
    return share
  }
  /** Whoever has nothing to make up for has no account. */
  #forget(now: number): void {
    this.#forgottenAt = now
    for (const [appId, { account, people }] of this.#apps) {
      for (const [userId, own] of people) if (own.spentMs(now, this.#person.share) === 0) people.delete(userId)
      if (people.size === 0 && account.spentMs(now, this.#ofMachine(this.limits.app)) === 0) this.#apps.delete(appId)
    }
  }
}
