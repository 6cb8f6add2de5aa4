/** Where the person is in the app, kept in the address's hash so that back works. */
import { useSyncExternalStore } from 'react'

export type Route =
  | { readonly at: 'home' }
  | { readonly at: 'product'; readonly productId: string; readonly groupId?: string }
  | { readonly at: 'messages'; readonly groupId?: string }
  | { readonly at: 'orders' }
  | { readonly at: 'me' }
  | { readonly at: 'invite'; readonly code: string }

export function routeOf(hash: string): Route {
  const [page, part, more] = hash.replace(/^#\/?/, '').split('/')
  if (page === 'product' && part) {
    const productId = decodeURIComponent(part)
    return more ? { at: 'product', productId, groupId: decodeURIComponent(more) } : { at: 'product', productId }
  }
  if (page === 'messages') return part ? { at: 'messages', groupId: decodeURIComponent(part) } : { at: 'messages' }
  if (page === 'invite' && part) return { at: 'invite', code: decodeURIComponent(part) }
  if (page === 'orders' || page === 'me') return { at: page }
  return { at: 'home' }
}
export function hashOf(route: Route): string {
  switch (route.at) {
    case 'home':
      return '#/'
    case 'product':
      return `#/product/${[route.productId, route.groupId ?? ''].filter(Boolean).map(encodeURIComponent).join('/')}`
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
