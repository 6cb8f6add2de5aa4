/**
 * Where requests and connections come in: whoever took more than their share of the machine waits here, in a line of
 * their own, before anything is done for them. Knows no route and no frame.
 */
import { BothAccounts, type Owner, Turns, type WorkAccounts, type WorkShares } from '@qun/storage'
import { refusalOf } from './problem.ts'
import { ThreadAccounts } from './thread-accounts.ts'

/** What the doors let in costs this thread at least so much, beside what it asks of the store. */
const requestMs = 0.4
/** And a connection so much more: its upgrade, its token, and its end. */
const connectMs = 0.6
/**
 * Each byte of a file, 40 ms a MiB: reading, hashing and writing take 8, and the rest is what the kernel does for it
 * and what others lose by the memory of pieces that wait.
 */
const byteMs = 40 / 1_048_576
/** Waiting longer is told to come back; clients give up at thirty seconds. */
const waitMs = 5_000
const waitingPerPersonMax = 50
const waitingPerAppMax = 1_000
const waitingMax = 4_000
/** Refusing takes this thread's time as serving does, and whoever is refused comes back. */
const refusedMs = 0.5
/** Whoever is refused still waits for the answer, as a rule. */
const refusedWithinMs = 20_000
/**
 * Twelve KiB each, and no other bound for requests one behind another on a line, nor for lines that a proxy opens: as
 * many as an address may have sockets, and of an app as many as can be told in that time.
 */
const refusedPerPersonMax = 1_000
const refusedPerAppMax = 5_000
/** No debt lasts longer. */
const restMaxMs = 20_000

/** Connections that catch up at the same time: enough to keep the pool busy, few enough to keep its queue short. */
const enteringMax = 32
/** Of those, what one app leaves to others. */
const enteringReserved = 8
/** One person's connections that catch up at the same time: a phone, a tablet and a computer that wake together. */
const enteringPerPersonMax = 3
/** A crowd that comes back at once is let in bit by bit; whoever waits longer is told to try later. */
export const enterWithinMs = 20_000
const manyConnections = 20_000

/** Whoever shows nothing to be known by is known by their address. */
export const strangerAt = (address: string): Owner => ({ appId: '', userId: `@${address}` })

/** Where whoever took too much waits. */
interface Gates {
  readonly accounts: WorkAccounts
  readonly door: Turns
  /** Lines that were held up are read on in turn: all of an app come to the end of their rest at the same time. */
  readonly resting: Turns
  readonly refusals: Turns
}
function createGates(shares: WorkShares, thread: ThreadAccounts): Gates {
  const accounts = new BothAccounts(shares, thread.work)
  const waiting = { waitMs, waitingPerPersonMax, waitingPerAppMax, waitingMax }
  const crowd = { waitingPerAppMax: manyConnections, waitingMax: manyConnections }
  const open = { places: Infinity, reserved: 0 }
  return {
    accounts,
    door: new Turns({ ...waiting, ...open, shares: accounts, entryMs: requestMs }),
    resting: new Turns({ ...crowd, ...open, shares: accounts, entryMs: requestMs, waitMs: restMaxMs }),
    refusals: new Turns({
      ...{ ...crowd, ...open, shares: thread.refusals, entryMs: refusedMs, waitMs: refusedWithinMs },
      ...{ waitingPerPersonMax: refusedPerPersonMax, waitingPerAppMax: refusedPerAppMax },
    }),
  }
}

export class Doors {
  readonly #gates: Gates | undefined
  readonly #entrance: Turns

  constructor(shares: WorkShares | undefined, thread?: ThreadAccounts) {
    this.#gates = shares === undefined ? undefined : createGates(shares, thread ?? new ThreadAccounts(shares))
    this.#entrance = createEntrance(shares)
  }

  /** Resolves when a request of theirs may begin. Refuses `rate.limited`. */
  request(owner: Owner): Promise<void> | undefined {
    if (this.#gates === undefined) return undefined
    this.#gates.accounts.ask(owner)
    return pass(this.#gates.door, owner)
  }
  /** The same for a connection, before anything is asked of the store for it. */
  connection(owner: Owner): Promise<void> | undefined {
    return this.request(owner)?.then(() => void this.pay(owner, connectMs))
  }
  /** [FAIR10] Resolves when a refusal of theirs may be answered; with false when that is too late. */
  async refuse(owner: Owner): Promise<boolean> {
    return this.#gates === undefined || (await isPassed(this.#gates.refusals, owner))
  }
  /** [FAIR8] Resolves when a line of theirs may be read on. */
  async rest(owner: Owner): Promise<void> {
    if (this.#gates !== undefined) await isPassed(this.#gates.resting, owner)
  }
  /** [SYNC23] Lets a connection in to catch up, so many at a time; resolves with what makes room for the next. */
  enter(owner: Owner): Promise<() => void> {
    return this.#entrance.take(owner)
  }

  /** Bytes of a file came in, which are written, hashed and collected; resolves when their sender may go on. */
  received(owner: Owner, bytes: number): Promise<void> | undefined {
    return this.pay(owner, bytes * byteMs) > 0 ? this.rest(owner) : undefined
  }
  /** Puts time of this thread on their account; the milliseconds they have to rest for it. */
  pay(owner: Owner, ms: number): number {
    if (this.#gates === undefined) return 0
    const { accounts } = this.#gates
    accounts.ask(owner)
    accounts.charge(owner, ms)
    return accounts.restOf(owner)
  }
  /** The server stops: nobody is kept waiting for an answer, or with what was let in. */
  stop(): void {
    this.#gates?.refusals.open()
    this.#gates?.resting.open()
  }
  get isFree(): boolean {
    return this.#gates === undefined
  }
}

export function createEntrance(
  shares: WorkShares | undefined,
  places = enteringMax,
  reserved = enteringReserved,
): Turns {
  const perPersonMax = enteringPerPersonMax
  const waiting = { waitingPerAppMax: manyConnections, waitingMax: manyConnections, waitMs: enterWithinMs }
  return new Turns({ ...waiting, places, reserved, perPersonMax, shares })
}

async function pass(turns: Turns, owner: Owner): Promise<void> {
  try {
    const end = await turns.take(owner)
    end()
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}
/** False when the turn came too late, or nobody waits for it any more. */
async function isPassed(turns: Turns, owner: Owner): Promise<boolean> {
  try {
    await pass(turns, owner)
    return true
  } catch (error) {
    if (refusalOf(error) !== undefined) return false
    throw error
  }
}
