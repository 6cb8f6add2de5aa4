/** The port to a host's licensed payment provider: what it can be asked and what it says. Knows no storage. */

export type InstructionKind = 'charge' | 'pay-out' | 'refund'
/** What a provider is asked to do. */
export interface ProviderOrder {
  /** The provider's idempotency key: asked again with it, it does nothing new and answers as before. */
  readonly key: string
  readonly kind: InstructionKind
  readonly currency: string
  readonly amount: number
  /** Who pays or receives, by the host's id. */
  readonly userId: string
  /** The charge a refund gives back of. */
  readonly of?: string
}
/** What a provider says of an order. `pending`: it knows it and is not done. */
export interface ProviderWord {
  readonly key: string
  readonly state: 'confirmed' | 'failed' | 'pending'
  readonly kind: InstructionKind
  readonly currency: string
  readonly amount: number
  /** Its own id of the payment. */
  readonly providerRef: string
  /** When it settled it, by its own clock; of a pending one, when it took it. */
  readonly at: number
}
export interface RawCallback {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}
/** Every call answers or throws within five seconds: it is made inside a decision. */
export interface PaymentProvider {
  /** Names its account: `provider/<name>`. */
  readonly name: string
  ask(order: ProviderOrder): Promise<ProviderWord>
  /** Undefined: it never heard of the key. */
  query(key: string): Promise<ProviderWord | undefined>
  /** Undefined: the signature does not hold, or it cannot be read. */
  readCallback(raw: RawCallback): ProviderWord | undefined
  /** What it settled from `from` until before `until`, by its own clock. */
  statement(from: number, until: number): Promise<readonly ProviderWord[]>
}
