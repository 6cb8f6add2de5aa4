/** The most a process held since it was last asked, looked at ten times a second. */
import { findProcess } from '../process-stat.ts'

export class Memory {
  #highestKb = 0
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      this.#highestKb = Math.max(this.#highestKb, findProcess(pid)?.rssKb ?? 0)
    }, 100)
  }
  /** Forgets what was; what is held now counts from here on. */
  begin(): void {
    this.#highestKb = 0
  }
  get highestKb(): number {
    return this.#highestKb
  }
  end(): void {
    clearInterval(this.#timer)
  }
}
