/** Calls that were let in before their bodies were here: who stops waits for them. Knows no call. */
import type { Admission } from './host.ts'

export class Admissions {
  readonly #open = new Map<Admission, PromiseWithResolvers<void>>()

  begin(): Admission {
    const over = Promise.withResolvers<void>()
    const admission = {
      end: () => {
        this.#open.delete(admission)
        over.resolve()
      },
    }
    this.#open.set(admission, over)
    return admission
  }
  isOpen(admission: Admission | undefined): boolean {
    return admission !== undefined && this.#open.has(admission)
  }
  /** Resolves when all have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ promise }) => promise))
  }
}
