/**
 * What people and apps take of this thread, which all share whatever else the machine has: accounts of what they may
 * have beside others, on which everything has its price, and others of refusals. Knows neither request nor socket.
 */
import { type Owner, WorkShares } from '@qun/storage'
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

export class ThreadAccounts {
  /** Of whatever is done for them. */
  readonly work: WorkShares
  /** Of whoever is refused. */
  readonly refusals: WorkShares

  constructor({ now, limits }: WorkShares, price: ThreadPrice = new ThreadPrice(now)) {
    const priceOf = (ms: number) => price.of(ms)
    this.work = new WorkShares({ ...ofThread, aloneAfterMs: limits.aloneAfterMs }, now, priceOf)
    this.refusals = new WorkShares({ ...ofRefusing, aloneAfterMs: Infinity }, now, priceOf)
  }
  /** A transaction was begun for them. */
  tookTurn(owner: Owner): void {
    this.work.charge(owner, turnMs)
  }
}
