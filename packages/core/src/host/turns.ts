/**
 * Heavy work of which only some runs at once: who waits is taken in turns of the apps, and within an app of its people,
 * so that nobody's many keep others from their one. What waits is bounded; beyond it the caller is told to come back.
 */
import { type AppId, refuse, type UserId } from '@qun/contract'

export interface TurnLimits {
  readonly atOnce: number
  /** In all; an app has at most half of it. */
  readonly waitingMax: number
  readonly waitingPerPersonMax: number
  /** What a refused caller is told to wait. */
  readonly retryAfterMs: number
}
type Begin = () => void

export class Turns {
  readonly #limits: TurnLimits
  /** By app, by person; whose turn is next stands first. */
  readonly #waiting = new Map<string, Map<string, Begin[]>>()
  #running = 0
  #count = 0

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }
  get running(): number {
    return this.#running
  }
  get waiting(): number {
    return this.#count
  }

  /** Runs the work when its turn comes. Refuses `server.overloaded` when too much waits already. */
  async run<T>(appId: AppId, userId: UserId, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.atOnce) this.#running++
    else await this.#wait(appId, userId)
    try {
      return await work()
    } finally {
      // The place goes to whoever is next, without a moment in which a newcomer could take it.
      const next = this.#next()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #wait(appId: AppId, userId: UserId): Promise<void> {
    const { waitingMax, waitingPerPersonMax, retryAfterMs } = this.#limits
    const people = this.#waiting.get(appId)
    const own = people?.get(userId)
    const ofApp = [...(people?.values() ?? [])].reduce((sum, queue) => sum + queue.length, 0)
    if ((own?.length ?? 0) >= waitingPerPersonMax || ofApp >= waitingMax / 2 || this.#count >= waitingMax)
      throw refuse('server.overloaded', { retryAfterMs })
    return new Promise((resolve) => {
      this.#count++
      if (own !== undefined) own.push(resolve)
      else if (people !== undefined) people.set(userId, [resolve])
      else this.#waiting.set(appId, new Map([[userId, [resolve]]]))
    })
  }
  #next(): Begin | undefined {
    for (const [appId, people] of this.#waiting) {
      for (const [userId, queue] of people) {
        const begin = queue.shift()
        // Both go to the end of their rows.
        people.delete(userId)
        if (queue.length > 0) people.set(userId, queue)
        this.#waiting.delete(appId)
        if (people.size > 0) this.#waiting.set(appId, people)
        this.#count--
        return begin
      }
    }
    return undefined
  }
}
