/**
 * Thrown within a decision that must begin again: what it read before a lock is no longer so, or it needs a lock that
 * comes before one it holds. `commit` rolls it back and runs it anew; nothing of it was written or told.
 */
export class Overtaken extends Error {
  constructor(what: string) {
    super(`a decision begins again: ${what}`)
    this.name = 'Overtaken'
  }
}

/** Each run but the first was overtaken by another commit or learnt of a lock: more of them is no longer bad luck. */
export const runsMax = 8
