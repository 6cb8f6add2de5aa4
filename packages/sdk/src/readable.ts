/** Values that change, with listeners told once per microtask. Knows nothing of what they hold. */
import type { Readable } from './api.ts'

/** Collects what changed in one turn, so that a frame of fifty rows draws once. */
export class Turn {
  readonly #due = new Set<() => void>()

  add(run: () => void): void {
    if (this.#due.size === 0) void Promise.resolve().then(() => this.#run())
    this.#due.add(run)
  }
  #run(): void {
    const due = [...this.#due]
    this.#due.clear()
    for (const run of due) {
      try {
        run()
      } catch (error) {
        // A listener that fails is the app's fault and must not cost the others their turn.
        void Promise.resolve().then(() => {
          throw error
        })
      }
    }
  }
}

/** Computed when asked for, kept until marked stale. `compute` returns the same value when nothing changed. */
export class Cell<T> implements Readable<T> {
  readonly #turn: Turn
  readonly #compute: () => T
  readonly #listeners = new Set<() => void>()
  #value: T
  #told: T
  #stale = false

  constructor(turn: Turn, compute: () => T) {
    this.#turn = turn
    this.#compute = compute
    this.#value = compute()
    this.#told = this.#value
  }
  readonly get = (): T => {
    if (this.#stale) {
      this.#stale = false
      this.#value = this.#compute()
    }
    return this.#value
  }
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }
  /** The value may have changed; listeners hear of it at the end of the turn if it did. */
  mark(): void {
    this.#stale = true
    this.#turn.add(this.#tell)
  }
  readonly #tell = (): void => {
    const value = this.get()
    if (Object.is(value, this.#told)) return
    this.#told = value
    // A listener may end its interest, or another's, while being told.
    const listeners = [...this.#listeners]
    for (const listener of listeners) listener()
  }
}
