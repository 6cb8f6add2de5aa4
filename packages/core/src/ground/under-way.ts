/** What an engine has begun and not ended yet: a stop waits for it, and who settles sees whether there was anything. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>()
  /** How many works were begun so far. */
  begun = 0

  #begunWhenSettled = 0

  /** Whether nothing is under way, and nothing was begun since `noteSettled`. */
  get isSettled(): boolean {
    return this.#works.size === 0 && this.begun === this.#begunWhenSettled
  }
  noteSettled(): void {
    this.#begunWhenSettled = this.begun
  }
  readonly track = <T>(work: Promise<T>): Promise<T> => {
    this.begun++
    this.#works.add(work)
    const done = () => this.#works.delete(work)
    work.then(done, done)
    return work
  }
  /** Until nothing is under way, what began meanwhile included. */
  async idle(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled([...this.#works])
  }
}
