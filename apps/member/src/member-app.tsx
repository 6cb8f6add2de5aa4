/** The stand-alone chat: signs in with the host's token and fills the window with the kit. */
import { QunChat } from '@qun/chat/react'
import { localeOf } from '@qun/contract'
import { createClient, type QunClient } from '@qun/sdk'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { canSignIn, forgetToken, provideToken, takeFromAddress } from './host-token.ts'
import { words } from './words.ts'

const locale = localeOf(navigator.language)

export function MemberApp() {
  const [start] = useState(takeFromAddress)
  const [client, setClient] = useState<QunClient>()
  const [groupId, setGroupId] = useState(start.groupId)
  useEffect(() => {
    document.documentElement.lang = locale
    if (!canSignIn()) return
    const made = createClient({ url: location.origin, token: provideToken })
    made.connect()
    setClient(made)
    return () => made.close()
  }, [])
  const keepAddress = (next: string | undefined) => {
    setGroupId(next)
    history.replaceState(
      null,
      '',
      next === undefined ? location.pathname : `${location.pathname}#group=${encodeURIComponent(next)}`,
    )
  }
  if (client === undefined) return canSignIn() ? null : <SignedOut />
  return (
    <Connected client={client}>
      <QunChat
        client={client}
        locale={locale}
        onGroupChange={keepAddress}
        {...(groupId !== undefined && { groupId })}
      />
    </Connected>
  )
}

/** Shows the chat until the server refuses the token for good. */
function Connected({ client, children }: { readonly client: QunClient; readonly children: React.ReactNode }) {
  const connection = useSyncExternalStore(
    (listener) => client.connection.subscribe(listener),
    () => client.connection.get(),
  )
  const over = connection === 'closed'
  useEffect(() => {
    if (over) forgetToken()
  }, [over])
  return over ? <SignedOut /> : children
}

function SignedOut() {
  const say = words[locale]
  return (
    <main className="signed-out">
      <img src="/app/icon.svg" alt="" width={80} height={80} />
      <h1>{say.title}</h1>
      <p>{say.hint}</p>
    </main>
  )
}
