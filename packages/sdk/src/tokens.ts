/** The app's token: fetched when first needed, shared by socket and requests, fetched again once it is of no use. */
import type { Locale } from '@qun/contract'
import { problemOf, QunError } from './problem.ts'

export class Tokens {
  readonly #fetch: () => Promise<string>
  readonly #locale: Locale
  #current: Promise<string> | undefined

  constructor(fetchToken: () => Promise<string>, locale: Locale) {
    this.#fetch = fetchToken
    this.#locale = locale
  }
  /** Throws `client.token` when the app cannot give one. One fetch at a time, whoever asks. */
  read(): Promise<string> {
    if (this.#current !== undefined) return this.#current
    const current = this.#fetchOne()
    current.catch(() => {
      if (this.#current === current) this.#current = undefined
    })
    this.#current = current
    return current
  }
  /** The next `read` fetches; with `used`, only if that is still the token in use. */
  async forget(used?: string): Promise<void> {
    const current = this.#current
    if (current === undefined) return
    if (used !== undefined && (await current.catch(() => used)) !== used) return
    if (this.#current === current) this.#current = undefined
  }

  async #fetchOne(): Promise<string> {
    try {
      return await this.#fetch()
    } catch (error) {
      throw error instanceof QunError ? error : new QunError(problemOf('client.token', this.#locale))
    }
  }
}
