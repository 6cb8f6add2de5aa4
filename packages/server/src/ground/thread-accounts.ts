/**
 * What people and apps take of this thread, which all share whatever else the machine has: accounts of what they may
 * have beside others, on which everything has its price, and others of refusals. Knows neither request nor socket.
 */
import { type Owner, type WorkAccounts, type WorkShareLimits, WorkShares } from '@qun/storage'
import { ThreadPrice } from './thread-price.ts'

/** What a person, and an app, may take of it beside others, and how much at once: nobody else has a turn meanwhile. */
const ofThread = {
  processors: 1,
  person: 0.2,
  app: 0.3,
  whole: 0.5,
  personBurstMs: 20,
  appBurstMs: 20,
  debtMaxMs: 2_000,
}
/** An app is refused 250 times a second and a person of it twenty times, after the first twenty. */
const ofRefusing = { processors: 1, person: 0.01, app: 0.125, whole: 0.125, personBurstMs: 10, appBurstMs: 10 }
/** A transaction costs this thread so much: asking, reading rows, making an answer of them. */
const turnMs = 0.5

/** Accounts on which everything has its price. */
export class PricedAccounts implements WorkAccounts {
  readonly #accounts: WorkAccounts
  readonly #price: ThreadPrice

  constructor(accounts: WorkAccounts, price: ThreadPrice) {
    this.#accounts = accounts
    this.#price = price
  }
  get now(): () => number {
    return this.#accounts.now
  }
  get limits(): WorkShareLimits {
    return this.#accounts.limits
  }
  ask(owner: Owner): void {
    this.#accounts.ask(owner)
  }
  charge(owner: Owner, ms: number): void {
    this.#accounts.charge(owner, this.#price.of(ms))
  }
  restOf(owner: Owner): number {
    return this.#accounts.restOf(owner)
  }
  isAlone(appId: string): boolean {
    return this.#accounts.isAlone(appId)
  }
}

export class ThreadAccounts extends PricedAccounts {
  /** Of whoever is refused. */
  readonly refusals: WorkAccounts

  constructor(shares: WorkShares, price: ThreadPrice = new ThreadPrice(shares.now)) {
    super(new WorkShares({ ...ofThread, aloneAfterMs: shares.limits.aloneAfterMs }, shares.now), price)
    this.refusals = new PricedAccounts(new WorkShares({ ...ofRefusing, aloneAfterMs: Infinity }, shares.now), price)
  }
  /** A transaction was begun for them. */
  tookTurn(owner: Owner): void {
    this.charge(owner, turnMs)
  }
}
