/** How the host writes an invitation's address: it alone knows which of its pages opens one. */
import { createContext } from 'react'

/** The page's own address with `?invite=<code>` unless the host provides its own way. */
export const InviteAddress = createContext((code: string): string => {
  const address = new URL(globalThis.location.href)
  address.search = `?invite=${encodeURIComponent(code)}`
  address.hash = ''
  return address.href
})
