/** Remembers which store the sessions of a pool are in, and notices a session that is in another. Knows no server. */

export class StoreIdentity {
  #value: string | undefined
  readonly #listeners = new Set<() => void>()

  get value(): string | undefined {
    return this.#value
  }
  /** What a session that just connected read; undefined when it could not. */
  note(identity: string | undefined): void {
    if (identity === undefined || identity === this.#value) return
    const isFirst = this.#value === undefined
    this.#value = identity
    if (!isFirst) for (const listener of this.#listeners) listener()
  }
  onOther(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
