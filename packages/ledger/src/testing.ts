/** A payment provider for tests: it times out, repeats call-backs and lies when it is told to. Exact otherwise. */
import { createHmac } from 'node:crypto'
import type { PaymentProvider, ProviderOrder, ProviderWord, RawCallback } from './providers.ts'

export class TestProvider implements PaymentProvider {
  readonly name: string
  readonly #secret: string
  readonly #now: () => number
  readonly #words = new Map<string, ProviderWord>()
  /** How the next calls go, first to last; well when none is left. */
  readonly moods: ('lost' | 'unheard' | 'pending' | 'fails' | 'lies')[] = []
  /** How often it was asked for each key: money moved once, however often. */
  readonly asked = new Map<string, number>()
  constructor(name: string, now: () => number, secret = 'test-secret') {
    this.name = name
    this.#now = now
    this.#secret = secret
  }
  ask(order: ProviderOrder): Promise<ProviderWord> {
    this.asked.set(order.key, (this.asked.get(order.key) ?? 0) + 1)
    const mood = this.moods.shift()
    if (mood === 'unheard') return Promise.reject(new Error('timeout before it was heard'))
    const known = this.#words.get(order.key)
    if (known !== undefined) return Promise.resolve(known)
    const { key, kind, currency, amount } = order
    const state = mood === 'fails' ? 'failed' : mood === 'pending' ? 'pending' : 'confirmed'
    const word = { key, kind, currency, amount, state, providerRef: `${this.name}-${this.#words.size + 1}` } as const
    const at = this.#now()
    this.#words.set(key, { ...word, at })
    if (mood === 'lost') return Promise.reject(new Error('timeout after it was done'))
    return Promise.resolve({ ...word, at, amount: mood === 'lies' ? amount + 1 : amount })
  }
  query(key: string): Promise<ProviderWord | undefined> {
    return this.moods.shift() === 'unheard'
      ? Promise.reject(new Error('timeout'))
      : Promise.resolve(this.#words.get(key))
  }
  /** Settles what was pending, or tampers with what it knows: a planted error. */
  change(key: string, to: Partial<ProviderWord>): void {
    const word = this.#words.get(key)
    if (word === undefined) throw new Error(`the provider never heard of ${key}`)
    this.#words.set(key, { ...word, at: this.#now(), ...to })
  }
  /** Knows a payment nobody asked for. */
  invent(word: ProviderWord): void {
    this.#words.set(word.key, word)
  }
  forget(key: string): void {
    this.#words.delete(key)
  }
  /** A call-back about a key, as it comes over the wire; the same each time. */
  callback(key: string, lie: Partial<ProviderWord> = {}): RawCallback {
    const body = JSON.stringify({ ...this.#words.get(key), ...lie })
    return { body, headers: { 'x-signature': this.#sign(body) } }
  }
  readCallback({ headers, body }: RawCallback): ProviderWord | undefined {
    return headers['x-signature'] === this.#sign(body) ? (JSON.parse(body) as ProviderWord) : undefined
  }
  statement(from: number, until: number): Promise<readonly ProviderWord[]> {
    const words = [...this.#words.values()].filter(({ state, at }) => state === 'confirmed' && at >= from && at < until)
    return Promise.resolve(words)
  }
  #sign(body: string): string {
    return createHmac('sha256', this.#secret).update(body).digest('hex')
  }
}
