/**
 * Where requests and connections come in: whoever took more than their share of the machine waits here, in a line of
 * their own, before anything is done for them. Knows no route and no frame.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Owner, type WorkShares, TurnRefusedError, Turns } from '@qun/storage'
import type { Sender } from './shares.ts'
import { refusalOf } from './problem.ts'

/** What the doors let in costs this thread at least so much, beside what it asks of the store. */
const requestMs = 0.4
/** And a connection so much more: its upgrade, its token, and its end. */
const connectMs = 0.6
/**
 * Each byte of a file, 40 ms a MiB: reading, hashing and writing take 8, and the rest is what its memory costs when it
 * is collected, at once and in everybody's way.
 */
const byteMs = 40 / 1_048_576
/** Waiting longer is told to come back; clients give up at thirty seconds. */
const waitMs = 5_000
const waitingPerPersonMax = 50
const waitingPerAppMax = 1_000
const waitingMax = 4_000
/** Who was refused too much already is answered late: else the refusing would be what takes the machine. */
const refusedAfterMs = 1_000

/** Connections that catch up at the same time: enough to keep the pool busy, few enough to keep its queue short. */
const enteringMax = 32
/** Of those, what one app leaves to others. */
const enteringReserved = 8
/** One person's connections that catch up at the same time: a phone, a tablet and a computer that wake together. */
const enteringPerPersonMax = 3
/** A crowd that comes back at once is let in bit by bit; whoever waits longer is told to try later. */
export const enterWithinMs = 20_000
const manyConnections = 20_000

export class Doors {
  readonly #shares: WorkShares | undefined
  readonly #door: Turns | undefined
  readonly #entrance: Turns

  constructor(shares: WorkShares | undefined) {
    this.#shares = shares
    const waiting = { waitMs, waitingPerPersonMax, waitingPerAppMax, waitingMax }
    if (shares !== undefined)
      this.#door = new Turns({ ...waiting, reserved: 0, places: Infinity, shares, entryMs: requestMs })
    this.#entrance = createEntrance(shares)
  }

  /** Resolves when a request of theirs may begin. Refuses `rate.limited`. */
  request(owner: Owner): Promise<void> | undefined {
    if (this.#door === undefined) return undefined
    this.#shares?.ask(owner)
    return pass(this.#door, owner)
  }
  /** The same for a connection, before anything is asked of the store for it. */
  connection(owner: Owner): Promise<void> | undefined {
    return this.request(owner)?.then(() => void this.pay(owner, connectMs))
  }
  /** [SYNC23] Lets a connection in to catch up, so many at a time; resolves with what makes room for the next. */
  enter(owner: Owner): Promise<() => void> {
    return this.#entrance.take(owner)
  }

  /** Bytes of a file came in, which are written, hashed and collected; the milliseconds their sender has to rest. */
  received({ app, person }: Sender, bytes: number): number {
    return this.pay({ appId: app, userId: person }, bytes * byteMs)
  }
  /** Puts time of this thread on their account; the milliseconds they have to rest for it. */
  pay(owner: Owner, ms: number): number {
    if (this.#shares === undefined) return 0
    this.#shares.ask(owner)
    this.#shares.charge(owner, ms)
    return this.#shares.restOf(owner)
  }
  get isFree(): boolean {
    return this.#shares === undefined
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
    if (!(error instanceof TurnRefusedError)) throw error
    await pause(refusedAfterMs, undefined, { ref: false })
    throw refusalOf(error)
  }
}
