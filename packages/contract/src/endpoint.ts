/** A request that is not about one message: its route, who may call it, its shapes and refusals. */
import type { Static, TObject, TSchema } from 'typebox'
import type { FileBytes, SentFile } from './file.ts'
import type { Ability } from './merchant.ts'
import type { RefusalKinds } from './refusal.ts'

/**
 * Who may call. `open`: anybody. `user`: anyone signed in. `member`, `admin`, `owner`: at least that role in the
 * group named by `:groupId`. `staff`: who works for the merchant named by `:merchantId`, or for one it belongs to, with
 * the `ability` the endpoint names. `server`: the host with an API key (it may also call what users may, see `actAs`).
 */
export type Caller = 'open' | 'user' | 'member' | 'admin' | 'owner' | 'staff' | 'server'
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Endpoint<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  /** `feature.verb`, unique: the operation id in OpenAPI and the SDK's name for it. */
  readonly name: string
  readonly method: Method
  /** Path with `:params`, below `/v1`. */
  readonly path: string
  readonly doc: string
  readonly by: Caller
  /** [MER4] The host may call it in its own name too, and not only for somebody: without `Qun-Act-As`. */
  readonly orHost?: true
  /** [MER1] What staff must be allowed; for `by: 'staff'`, and for nothing else. */
  readonly ability?: Ability
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer
  /** 200 unless the call makes something new (201) or only accepts it (202). */
  readonly status?: 200 | 201 | 202
  readonly refusals?: RefusalKinds
  /** Engine codes and own codes this endpoint may answer with beyond those any route may. */
  readonly errors?: readonly string[]
  /** Its refusals of a wrong code, each of one kind of secret: whoever gets many of them has to wait. */
  readonly guesses?: readonly string[]
  /** Moves money, points or stock: Idempotency-Key required. */
  readonly commerce?: boolean
  /**
   * The answer holds a secret that is shown once: it is kept nowhere, and a repeated key runs the handler again. Only
   * for what may be repeated, such as a fresh code that ends the one before.
   */
  readonly secretAnswer?: boolean
  /** Facts this endpoint may record. */
  readonly facts?: Readonly<Record<string, TSchema>>
}

export function defineEndpoint<
  const Params extends TObject,
  const Query extends TObject,
  const Body extends TSchema,
  const Answer extends TSchema,
>(endpoint: Endpoint<Params, Query, Body, Answer>): Endpoint<Params, Query, Body, Answer> {
  return endpoint
}

export type ParamsOf<E> = E extends Endpoint<infer P, any, any, any> ? Static<P> : never
export type QueryOf<E> = E extends Endpoint<any, infer Q, any, any> ? Static<Q> : never
export type RequestOf<E> = E extends Endpoint<any, any, infer B, any> ? Static<B> : never
/** The body as its handler gets it: of a file, where it lies. */
export type ReceivedOf<E> = RequestOf<E> extends FileBytes ? SentFile : RequestOf<E>
export type AnswerOf<E> = E extends Endpoint<any, any, any, infer A> ? Static<A> : never
