/**
 * What a feature says about a kind of message: its fixed body, its server-owned state, what one viewer alone
 * may see (`mine`), its actions, refusals and facts. A value, so that server, SDK, UI and documents share it.
 */
import type { Static, TSchema } from 'typebox'
import type { Gives } from './merchant.ts'
import type { RefusalKinds } from './refusal.ts'
import type { Text } from './text.ts'

/** Strongest first. `server` is the host with an API key; `sender` is whoever posted the message. */
export type Role = 'owner' | 'admin' | 'member'
export type By = Role | 'server' | 'sender'
/** Whether somebody runs a card: who sent it, and admins. Without a row they are no member, or the host. */
export function runsCard(
  { senderId }: { readonly senderId: string },
  userId: string,
  member: { readonly role: Role } | undefined,
): boolean {
  return userId === senderId || (member !== undefined && member.role !== 'member')
}

export interface ActionContract {
  /** The weakest role that may act. */
  readonly by: By
  readonly input: TSchema
  /** Codes of the card's `refusals` (or the engine's) that this action may answer with. */
  readonly errors: readonly string[]
  /** Moves money, points or stock: an Idempotency-Key is required and guests are refused. */
  readonly commerce?: boolean
  /**
   * What the actor must be able to do for the merchant at that moment, beside their role in the group, as whoever posts
   * must. [MER2] `issue`, where the card gives a merchant's value: the action widens or moves what it gives. [MER7]
   * `talk-as`, where the message is spoken as a shop: the action changes what it says.
   */
  readonly needs?: 'issue' | 'talk-as'
  /** One line for the reference page. */
  readonly doc?: string
}

export interface Card<
  Body extends TSchema = TSchema,
  State extends TSchema = TSchema,
  Mine extends TSchema = TSchema,
  Actions extends Readonly<Record<string, ActionContract>> = Readonly<Record<string, ActionContract>>,
  Facts extends Readonly<Record<string, TSchema>> = Readonly<Record<string, TSchema>>,
> {
  /** Folder, kind, fact prefix and table prefix are this one name. */
  readonly kind: string
  readonly doc: string
  readonly post: { readonly by: By; readonly commerce?: boolean }
  /** [MER2] Whose value it moves, whatever is in it or by what is in it. The engine asks before the handler does. */
  readonly gives: Gives | ((body: Static<Body>) => Gives)
  readonly body: Body
  readonly state: State
  /** The state of a message nobody has acted on; kinds with an `open` handler may omit it. */
  readonly initial?: Static<State>
  readonly mine: Mine
  readonly actions: Actions
  readonly facts: Facts
  readonly refusals: RefusalKinds
  /** Counts as unread. System lines do not. Default true. */
  readonly countable?: boolean
  /**
   * The face for push, quotes, conversation list, search, audit, and clients that do not know the kind. `state` is
   * absent for a message just posted; kinds whose words may change (an edited text) show the latest.
   */
  readonly summary: (body: Static<Body>, state?: Static<State>) => Text
}

export function defineCard<
  const Body extends TSchema,
  const State extends TSchema,
  const Mine extends TSchema,
  const Actions extends Readonly<Record<string, ActionContract>>,
  const Facts extends Readonly<Record<string, TSchema>>,
>(card: Card<Body, State, Mine, Actions, Facts>): Card<Body, State, Mine, Actions, Facts> {
  return card
}

export function givesOf(card: Pick<Card, 'gives'>, body: unknown): Gives {
  return typeof card.gives === 'function' ? card.gives(body) : card.gives
}

// Parts of a card are inferred through conditional types: a plain lookup would widen literals.
export type BodyOf<C> = C extends Card<infer B, any, any, any, any> ? Static<B> : never
export type StateOf<C> = C extends Card<any, infer S, any, any, any> ? Static<S> : never
export type MineOf<C> = C extends Card<any, any, infer M, any, any> ? Static<M> : never
export type ActionsOf<C> = C extends Card<any, any, any, infer A, any> ? A : never
export type FactsOf<C> = C extends Card<any, any, any, any, infer F> ? F : never
export type InputOf<C, A extends keyof ActionsOf<C>> = ActionsOf<C>[A] extends {
  readonly input: infer I extends TSchema
}
  ? Static<I>
  : never
