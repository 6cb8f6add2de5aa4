/** Who is typing in one group, and how often we say that we are. Knows no socket. */
import type { Platform } from './defaults.ts'

/** A notice is good for two of the sender's, so that one lost notice does not blink. */
const shownMs = 6_000
const saidEveryMs = 3_000

export class TypingNotices {
  readonly #platform: Platform
  readonly #changed: () => void
  readonly #ends = new Map<string, () => void>()
  #saidAt: number | undefined
  #userIds: readonly string[] = []

  constructor(platform: Platform, changed: () => void) {
    this.#platform = platform
    this.#changed = changed
  }
  /** Longest first; the same array until it changes. */
  get userIds(): readonly string[] {
    return this.#userIds
  }
  add(userId: string): void {
    const cancel = this.#ends.get(userId)
    cancel?.()
    this.#ends.set(
      userId,
      this.#platform.wait(shownMs, () => this.end(userId)),
    )
    if (cancel === undefined) this.#update()
  }
  /** They spoke, or have not typed for a while. */
  end(userId: string): void {
    const cancel = this.#ends.get(userId)
    if (cancel === undefined) return
    cancel()
    this.#ends.delete(userId)
    this.#update()
  }
  /** Tells the others through `send`, at most every three seconds. */
  say(send: () => boolean): void {
    const now = this.#platform.now()
    if (this.#saidAt !== undefined && now - this.#saidAt < saidEveryMs) return
    if (send()) this.#saidAt = now
  }
  #update(): void {
    this.#userIds = [...this.#ends.keys()]
    this.#changed()
  }
}
