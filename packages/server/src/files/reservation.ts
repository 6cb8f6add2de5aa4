/**
 * What one upload holds of the bytes there are: what has come, and as much again before it comes. A length that is only
 * told holds next to nothing; whoever is half way has room for the rest. Knows no file.
 */
import type { Sender, Shares } from '../ground/shares.ts'

/** Held from the head on, and always ahead of what has come. */
const aheadBytesMin = 1_048_576
/** Of a body that is no longer than `bytesMax`, before any of it came. */
export const aheadOf = (bytesMax: number) => Math.min(bytesMax, aheadBytesMin)

export class Reservation {
  readonly #shares: Shares
  readonly #sender: Sender
  readonly #bytesMax: number
  #held = 0

  /** For a body that is no longer than `bytesMax`. Refuses as `Shares` does; so does `grow`. */
  constructor(shares: Shares, sender: Sender, bytesMax: number) {
    this.#shares = shares
    this.#sender = sender
    this.#bytesMax = bytesMax
    this.#holdAtLeast(aheadOf(bytesMax))
  }
  /** So much has come. Where there is no room ahead, what has come still has its own. */
  grow(arrived: number): void {
    const wished = Math.min(this.#bytesMax, arrived + Math.max(arrived, aheadBytesMin))
    const hasRoom = this.#shares.lackOf(this.#sender, wished - this.#held) === undefined
    this.#holdAtLeast(hasRoom ? wished : arrived)
  }
  /** No more than this will be held: the end of the body, or of the file. */
  shrink(bytes: number): void {
    if (bytes < this.#held) this.#shares.free(this.#sender, this.#held - bytes)
    this.#held = Math.min(this.#held, bytes)
  }
  #holdAtLeast(bytes: number): void {
    if (bytes <= this.#held) return
    this.#shares.take(this.#sender, bytes - this.#held)
    this.#held = bytes
  }
}
