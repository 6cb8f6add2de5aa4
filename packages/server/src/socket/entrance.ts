/**
 * Lets connections in to catch up, so many at a time; the others wait. Apps take turns, and nobody holds more than a
 * few places, so that one app's crowd or one person's loop keeps nobody else out. Knows no socket.
 */
import type { AppId } from '@qun/contract'

export interface Place {
  /** Resolves once it is let in; never when it left before. */
  readonly entered: Promise<void>
  /** Caught up, refused or gone; calling it again is harmless. */
  leave(): void
}

/** One person's connections that catch up at the same time: a phone, a tablet and a computer that wake together. */
const perPersonMax = 3

interface Waiter {
  readonly appId: AppId
  readonly person: string
  isIn: boolean
  readonly enter: () => void
}

export class Entrance {
  readonly #placesMax: number
  #taken = 0
  /** Places taken by each person. */
  readonly #inside = new Map<string, number>()
  /** Who waits, by app; the app whose turn is next comes first. */
  readonly #queues = new Map<AppId, Set<Waiter>>()

  constructor(placesMax: number) {
    this.#placesMax = placesMax
  }

  /** `person` names somebody of the app, as no two apps name anybody alike. */
  ask(appId: AppId, person: string): Place {
    let enter: () => void = () => undefined
    const entered = new Promise<void>((resolve) => (enter = resolve))
    const waiter: Waiter = { appId, person, isIn: false, enter }
    const queue = this.#queues.get(appId)
    if (queue === undefined) this.#queues.set(appId, new Set([waiter]))
    else queue.add(waiter)
    this.#fill()
    let isGone = false
    return {
      entered,
      leave: () => {
        if (isGone) return
        isGone = true
        if (waiter.isIn) this.#release(waiter)
        else this.#drop(waiter)
      },
    }
  }

  #release({ person }: Waiter): void {
    this.#taken--
    const left = (this.#inside.get(person) ?? 1) - 1
    if (left === 0) this.#inside.delete(person)
    else this.#inside.set(person, left)
    this.#fill()
  }
  #drop(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.appId)
    queue?.delete(waiter)
    if (queue?.size === 0) this.#queues.delete(waiter.appId)
  }
  #fill(): void {
    while (this.#taken < this.#placesMax) {
      const next = this.#next()
      if (next === undefined) return
      this.#drop(next)
      // The app goes to the end of the round.
      const queue = this.#queues.get(next.appId)
      if (queue !== undefined) {
        this.#queues.delete(next.appId)
        this.#queues.set(next.appId, queue)
      }
      next.isIn = true
      this.#taken++
      this.#inside.set(next.person, (this.#inside.get(next.person) ?? 0) + 1)
      next.enter()
    }
  }
  /** The longest waiting of the first app that has anybody who may enter. */
  #next(): Waiter | undefined {
    for (const queue of this.#queues.values()) {
      for (const waiter of queue) if ((this.#inside.get(waiter.person) ?? 0) < perPersonMax) return waiter
    }
    return undefined
  }
}
