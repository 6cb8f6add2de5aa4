/** How much anyone may ask for, as data: each budget with its dimension and its reason. Knows no route. */
import { refuse, type Millis } from '@qun/contract'

export type Dimension = 'user' | 'ip' | 'app'
export interface Budget {
  readonly per: Dimension
  readonly limit: number
  readonly windowMs: number
  readonly reason: string
}

export const budgets = {
  send: {
    per: 'user',
    limit: 20,
    windowMs: 10_000,
    reason: 'A person types slower; a script that floods a group does not.',
  },
  act: { per: 'user', limit: 10, windowMs: 1_000, reason: 'Nobody opens ten packets in a second by hand.' },
  write: {
    per: 'user',
    limit: 60,
    windowMs: 10_000,
    reason: 'Settings, joining, reading positions: a busy administrator.',
  },
  upload: { per: 'user', limit: 30, windowMs: 60_000, reason: 'An album of pictures, and no more.' },
  read: { per: 'user', limit: 200, windowMs: 10_000, reason: 'Opening many groups in a row after a long absence.' },
  join: { per: 'user', limit: 10, windowMs: 600_000, reason: 'Guessing codes; sweeping through groups to advertise.' },
  mint: {
    per: 'user',
    limit: 30,
    windowMs: 60_000,
    reason: 'A token lives an hour; thirty a minute is a loop in the host.',
  },
  signal: {
    per: 'user',
    limit: 20,
    windowMs: 10_000,
    reason: 'Typing notices; those above it are dropped in silence.',
  },
  stranger: {
    per: 'ip',
    limit: 120,
    windowMs: 10_000,
    reason: 'Requests without a credential: link previews, probes.',
  },
  refusedCredential: { per: 'ip', limit: 60, windowMs: 60_000, reason: 'Guessing tokens and keys.' },
  guess: {
    per: 'ip',
    limit: 100,
    windowMs: 600_000,
    reason: 'Wrong codes of one kind from one address, by however many people: a mall mistypes less.',
  },
  guessByApp: {
    per: 'app',
    limit: 300,
    windowMs: 600_000,
    reason: 'Wrong codes of one kind that a back end hands on: every till of a chain mistypes less.',
  },
  connect: {
    per: 'ip',
    limit: 2_000,
    windowMs: 10_000,
    reason: 'A school or mall behind one address may reconnect at once.',
  },
  replace: {
    per: 'user',
    limit: 10,
    windowMs: 60_000,
    reason: 'Sockets that end an older one of the same person: lost phones come back, a loop does not.',
  },
  host: { per: 'app', limit: 5_000, windowMs: 10_000, reason: 'One back end must not starve the other apps.' },
  app: { per: 'app', limit: 50_000, windowMs: 10_000, reason: 'All people of one app together.' },
} as const satisfies Record<string, Budget>

export type BudgetName = keyof typeof budgets
/** An operator's own numbers; a limit of 0 means without limit (for benches). */
export type BudgetOverrides = Partial<Record<BudgetName, number>>

/** Sockets: frames, not requests. */
export const socketLimits = {
  /** Frames of one socket in a second; the SDK needs about ten. */
  framesPerSecond: 500,
  /** Frames that break their schema and are told so; one more cuts the socket with 4400. */
  badFramesMax: 20,
  /** [I9] One more ends the oldest, which is as a rule a phone that is gone. */
  perUser: 20,
  perIp: 1_000,
  /** A first frame must arrive within this time. */
  authWithinMs: 5_000,
  pingEveryMs: 25_000,
  expiringNoticeMs: 60_000,
  /** Bytes waiting for one socket; a reader this far behind is cut and catches up by pulling. */
  queuedBytesMax: 1_048_576,
  stalledMs: 10_000,
  frameBytesMax: 65_536,
} as const

interface Window {
  count: number
  endsAt: Millis
}

/** Counts in fixed windows that begin with the first use: exact for "21 within 10 s", two numbers per active key. */
export class Limiter {
  readonly #windows = new Map<string, Window>()
  readonly #limits: Readonly<Record<BudgetName, number>>
  readonly #now: () => Millis
  #sweepAt = 0

  constructor(now: () => Millis, overrides: BudgetOverrides = {}) {
    this.#now = now
    this.#limits = Object.fromEntries(
      Object.entries(budgets).map(([name, budget]) => [name, overrides[name as BudgetName] ?? budget.limit]),
    ) as Record<BudgetName, number>
  }

  /** Milliseconds until the next try can succeed; 0 when this one may pass (and was counted, `cost` times). */
  waitOf(name: BudgetName, key: string, cost = 1): number {
    const limit = this.#limits[name]
    if (limit === 0) return 0
    // What costs more than a whole window holds takes one of its own.
    const counted = Math.min(cost, limit)
    const now = this.#now()
    if (now >= this.#sweepAt) this.#sweep(now)
    const full = `${name} ${key}`
    const window = this.#windows.get(full)
    if (window === undefined || now >= window.endsAt) {
      this.#windows.set(full, { count: counted, endsAt: now + budgets[name].windowMs })
      return 0
    }
    if (window.count + counted > limit) return window.endsAt - now
    window.count += counted
    return 0
  }

  /** Counts one use, or one that costs as much as several. Refuses `rate.limited` with the time to wait. */
  check(name: BudgetName, key: string, cost = 1): void {
    const waitMs = this.waitOf(name, key, cost)
    if (waitMs > 0) throw refuse('rate.limited', { detail: `budget ${name}`, retryAfterMs: waitMs })
  }

  /** Takes of a budget for what was let in before and was not worth it, also more than is left of it. */
  charge(name: BudgetName, key: string, cost: number): void {
    if (this.waitOf(name, key, cost) === 0) return
    const window = this.#windows.get(`${name} ${key}`)
    if (window !== undefined) window.count = this.#limits[name]
  }

  /** True when the budget is used up, without counting. */
  isSpent(name: BudgetName, key: string): boolean {
    const window = this.#windows.get(`${name} ${key}`)
    const limit = this.#limits[name]
    return limit > 0 && window !== undefined && this.#now() < window.endsAt && window.count >= limit
  }

  #sweep(now: Millis): void {
    this.#sweepAt = now + 10_000
    for (const [key, window] of this.#windows) if (now >= window.endsAt) this.#windows.delete(key)
  }
}

/** A key no pair of app and user shares with another pair: lengths come first. */
export function userKey(appId: string, userId: string): string {
  return `${appId.length}:${appId}${userId}`
}
