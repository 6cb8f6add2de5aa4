/** One HTTP route made from a contract: what it is handed and what it answers. Types only. */
import type { Endpoint } from '@qun/contract'
import type { Calling } from '../apps/caller.ts'

export type AnyEndpoint = Endpoint<any, any, any, any>

export interface RouteRequest {
  readonly calling: Calling
  readonly params: Record<string, string | number>
  readonly query: Record<string, unknown>
  readonly body: unknown
  readonly idempotencyKey: string | undefined
}
export interface RouteAnswer {
  readonly answer: unknown
  /** A retry of a request already carried out: answered 200 instead of 201. */
  readonly replayed?: boolean
}
export interface Route {
  readonly endpoint: AnyEndpoint
  readonly serve: (request: RouteRequest) => Promise<RouteAnswer>
}
