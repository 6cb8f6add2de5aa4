/**
 * Where the member app gets its token: the address's hash (`#token=…`), or the page it is framed in, asked by message.
 * Never the query: queries end up in logs. The token leaves the address at once and is kept for this tab alone.
 */

const kept = 'qun-token'
/** How long a framing page may take to answer. */
const answerMs = 10_000

/** What the app asks of the page around it, and what that page answers. */
interface TokenAnswer {
  readonly type: 'qun-token'
  readonly token: string
}
function isTokenAnswer(value: unknown): value is TokenAnswer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'qun-token' &&
    'token' in value &&
    typeof value.token === 'string'
  )
}

/** Reads a token out of the address, hides it there, and says which group to open. */
export function takeFromAddress(): { readonly groupId: string | undefined } {
  const hash = new URLSearchParams(location.hash.slice(1))
  const token = hash.get('token')
  if (token !== null) {
    sessionStorage.setItem(kept, token)
    hash.delete('token')
    history.replaceState(null, '', `${location.pathname}${hash.size > 0 ? `#${hash.toString()}` : ''}`)
  }
  return { groupId: hash.get('group') ?? undefined }
}

/** True when there is a token or somebody to ask for one. */
export function canSignIn(): boolean {
  return sessionStorage.getItem(kept) !== null || window.parent !== window
}

/** Ends the sign-in of this tab. */
export function forgetToken(): void {
  sessionStorage.removeItem(kept)
}

let given = false
/**
 * The token provider of the client: first the kept one, then whatever the page around answers. Throws when there is
 * nobody to ask, so that the client stops instead of trying the same token again.
 */
export async function provideToken(): Promise<string> {
  const token = sessionStorage.getItem(kept)
  if (token !== null && !given) {
    given = true
    return token
  }
  if (window.parent === window) throw new Error('the token is over, and no page around the app gives another')
  const fresh = await askParent()
  sessionStorage.setItem(kept, fresh)
  given = true
  return fresh
}
function askParent(): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error('the page around the app gave no token'))), answerMs)
    const hear = (message: MessageEvent<unknown>) => {
      // Only the page that was asked may answer.
      if (message.source !== window.parent || !isTokenAnswer(message.data)) return
      const { token } = message.data
      finish(() => resolve(token))
    }
    const finish = (end: () => void) => {
      clearTimeout(timer)
      removeEventListener('message', hear)
      end()
    }
    addEventListener('message', hear)
    // The question holds no secret, so any page may hear it.
    window.parent.postMessage({ type: 'qun-token-wanted' }, '*')
  })
}
