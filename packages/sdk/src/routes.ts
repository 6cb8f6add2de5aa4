/**
 * Method and path of the engine's requests the SDK makes. Written out because the contract's own table carries the
 * schema library, which would triple the bundle; a test compares the two.
 */
import type { Method } from '@qun/contract'

export interface Route {
  readonly method: Method
  readonly path: string
}
export const routes = {
  history: { method: 'GET', path: '/groups/:groupId/messages' },
  act: { method: 'POST', path: '/groups/:groupId/messages/:seq/actions/:action' },
  recall: { method: 'POST', path: '/groups/:groupId/messages/:seq/recall' },
  hide: { method: 'PUT', path: '/groups/:groupId/messages/:seq/hidden' },
  conversation: { method: 'PATCH', path: '/conversations/:groupId' },
} as const satisfies Record<string, Route>

/** Why a socket was closed, as far as the client answers differently; compared with the contract by the same test. */
export const closeCodes = {
  restart: 1012,
  tryLater: 1013,
  auth: 4401,
  forbidden: 4403,
  slow: 4408,
  replaced: 4409,
  rate: 4429,
} as const
