/** Where the person is in the app, kept in the address's hash so that back works. */
import { useSyncExternalStore } from 'react'
import type { Kept } from '../dealings.ts'

export type Route =
  | { readonly at: 'home' }
  | { readonly at: 'product'; readonly productId: string; readonly groupId?: string }
  | { readonly at: 'checkout'; readonly productId: string; readonly groupId?: string }
  | { readonly at: 'pay'; readonly kept: Kept }
  | { readonly at: 'messages'; readonly groupId?: string }
  | { readonly at: 'orders' }
  | { readonly at: 'me' }
  | { readonly at: 'invite'; readonly code: string }

export function routeOf(hash: string): Route {
  const [page, part, more, ...rest] = hash
    .replace(/^#\/?/, '')
    .split('/')
    .map((one) => decodeURIComponent(one))
  if ((page === 'product' || page === 'checkout') && part)
    return more ? { at: page, productId: part, groupId: more } : { at: page, productId: part }
  if (page === 'pay' && (part === 'flash-sale' || part === 'group-buy') && more && rest.length === 2)
    return { at: 'pay', kept: { kind: part, groupId: more, seq: Number(rest[0]), id: rest[1] ?? '' } }
  if (page === 'messages') return part ? { at: 'messages', groupId: part } : { at: 'messages' }
  if (page === 'invite' && part) return { at: 'invite', code: part }
  if (page === 'orders' || page === 'me') return { at: page }
  return { at: 'home' }
}
export function hashOf(route: Route): string {
  switch (route.at) {
    case 'home':
      return '#/'
    case 'pay': {
      const { kind, groupId, seq, id } = route.kept
      return `#/pay/${[kind, groupId, seq, id].map(encodeURIComponent).join('/')}`
    }
    case 'product':
    case 'checkout':
      return `#/${route.at}/${[route.productId, route.groupId ?? ''].filter(Boolean).map(encodeURIComponent).join('/')}`
    case 'messages':
      return route.groupId === undefined ? '#/messages' : `#/messages/${encodeURIComponent(route.groupId)}`
    case 'invite':
      return `#/invite/${encodeURIComponent(route.code)}`
    default:
      return `#/${route.at}`
  }
}
export function go(route: Route): void {
  location.hash = hashOf(route)
}
export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener)
      return () => removeEventListener('hashchange', listener)
    },
    () => location.hash,
  )
  return routeOf(hash)
}
