/**
 * Something of which there is only so much, shared out: in all, by app and by person, so that nobody's many take what
 * others need. Knows not what is counted.
 */
import { refuse } from '@qun/contract'
import { userKey } from './rates.ts'

export const mib = 1_048_576

export interface ShareLimits {
  readonly max: number
  /** Of one app, so that another still finds room. */
  readonly perAppMax: number
  /** Of one person, or of one address without a credential. */
  readonly perPersonMax: number
}

/** Whose it is: the app, and the person or address. */
export interface Sender {
  readonly app: string
  readonly person: string
}

const retryAfterMs = 2_000

export class Shares {
  readonly #what: string
  readonly #limits: ShareLimits
  readonly #byApp = new Map<string, number>()
  readonly #byPerson = new Map<string, number>()
  #held = 0

  /** `what` is counted, as the refusal calls it. */
  constructor(what: string, limits: ShareLimits) {
    this.#what = what
    this.#limits = limits
  }
  get held(): number {
    return this.#held
  }
  heldBy({ app, person }: Sender): number {
    return this.#byPerson.get(userKey(app, person)) ?? 0
  }
  /** Whose share has no room for so much more: the person's, the app's, that of all; undefined when there is room. */
  lackOf({ app, person }: Sender, count: number): 'person' | 'app' | 'all' | undefined {
    const { max, perAppMax, perPersonMax } = this.#limits
    if (this.heldBy({ app, person }) + count > perPersonMax) return 'person'
    if ((this.#byApp.get(app) ?? 0) + count > perAppMax) return 'app'
    return this.#held + count > max ? 'all' : undefined
  }
  /** Refuses as `take` does, and counts nothing. */
  check(sender: Sender, count: number): void {
    const lack = this.lackOf(sender, count)
    const detail = `${this.#what}: no more at once`
    if (lack !== undefined)
      throw refuse(lack === 'person' ? 'rate.limited' : 'server.overloaded', { detail, retryAfterMs })
  }
  /**
   * Refuses `rate.limited` when it is more than the person may have, `server.overloaded` when app or server have no
   * room; nothing is counted then.
   */
  take(sender: Sender, count: number): void {
    this.check(sender, count)
    const { app, person } = sender
    this.#held += count
    raise(this.#byApp, app, count)
    raise(this.#byPerson, userKey(app, person), count)
  }
  free({ app, person }: Sender, count: number): void {
    this.#held -= count
    lower(this.#byApp, app, count)
    lower(this.#byPerson, userKey(app, person), count)
  }
}
function raise(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
function lower(counts: Map<string, number>, key: string, count: number): void {
  const left = (counts.get(key) ?? 0) - count
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}
