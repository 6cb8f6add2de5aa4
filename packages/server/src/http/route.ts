/** One HTTP route made from a contract: what it is handed and what it answers. Types only. */
import type { Endpoint } from '@qun/contract'
import type { Admission } from '@qun/core'
import type { Calling } from '../apps/caller.ts'

export type AnyEndpoint = Endpoint<any, any, any, any>

export interface RouteRequest {
  readonly calling: Calling
  readonly params: Record<string, string | number>
  readonly query: Record<string, unknown>
  readonly body: unknown
  readonly idempotencyKey: string | undefined
  /** Of a call that was let in before its body was here. */
  readonly admission?: Admission | undefined
}
/** What is known of a request before its body is here. */
export type RouteHead = Pick<RouteRequest, 'calling' | 'params' | 'query' | 'idempotencyKey'>
export interface RouteAnswer {
  readonly answer: unknown
  /** A retry of a request already carried out: answered 200 instead of 201. */
  readonly replayed?: boolean
}
export interface Route {
  readonly endpoint: AnyEndpoint
  /** Lets in who may call, before the body is here; absent where no body is waited for long. */
  readonly admit?: (head: RouteHead) => Promise<Admission>
  readonly serve: (request: RouteRequest) => Promise<RouteAnswer>
}
