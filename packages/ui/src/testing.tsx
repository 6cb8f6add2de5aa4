/** What tests of faces need: a client in memory, overlays that open at once, a play's card or form in its place. */
import type { BodyOf, Locale, MineOf, Role, StateOf } from '@qun/contract'
import type { ViewMessage } from '@qun/sdk'
import { useState, type ReactElement, type ReactNode } from 'react'
import type { AnyCard, CardFaceProps, ComposeProps } from './card-ui.ts'
import { ChatContext, viewerIn, type Chat } from './chat-context.tsx'
import { LineView } from './chat/line-view.tsx'
import { timelineOf } from './chat/timeline.ts'
import { Composer } from './compose/composer.tsx'
import { useSpeaking, useSpoken } from './compose/speaking.tsx'
import { useReadable } from './parts/readable.ts'
import { fixtureGroupId, type FixtureClient } from './fixture.ts'
import * as parts from './parts/overlay-parts.tsx'
import { provideOverlays } from './parts/overlay.tsx'
import { QunProvider, type QunProviderProps } from './provider.tsx'

export * from './fixture.ts'

provideOverlays(parts)

interface Reader {
  readonly client: FixtureClient
  readonly locale?: Locale
  readonly features?: QunProviderProps['features']
}
export interface CardScene<C> extends Reader {
  /** With the body and the state that are drawn. */
  readonly message: ViewMessage
  readonly mine?: MineOf<C> | undefined
  readonly role?: Role
}
/** A card as its reader sees it, and everything they then ask of it. */
export function cardFace<C extends AnyCard>(
  Card: (props: CardFaceProps<C>) => ReactNode,
  scene: CardScene<C>,
): { readonly face: ReactElement; readonly acts: { readonly action: string; readonly input: unknown }[] } {
  const { client, message, mine, role = 'member', locale = 'zh-CN', features = [] } = scene
  const acts: { action: string; input: unknown }[] = []
  const face = (
    <QunProvider client={client} locale={locale} features={features}>
      <Card
        body={message.body as BodyOf<C>}
        state={message.state as StateOf<C>}
        mine={mine}
        act={async (action, input) => void acts.push({ action, input })}
        viewer={{ userId: client.userId.get() ?? '', role }}
        message={message}
        group={client.groupOf(fixtureGroupId)}
        now={client.serverNow()}
        locale={locale}
      />
    </QunProvider>
  )
  return { face, acts }
}
/** The form of a play as the plus menu opens it, and what it posts. */
export function formFace<C extends AnyCard>(
  Form: (props: ComposeProps<C>) => ReactNode,
  { client, locale = 'zh-CN', features = [] }: Reader,
): { readonly face: ReactElement; readonly posted: BodyOf<C>[] } {
  const posted: BodyOf<C>[] = []
  const face = (
    <QunProvider client={client} locale={locale} features={features}>
      <Form
        group={client.groupOf(fixtureGroupId)}
        submit={async (body) => void posted.push(body)}
        close={() => undefined}
      />
    </QunProvider>
  )
  return { face, posted }
}

/** An open group without its scrolling, which needs a page with a height: every row is drawn, and what writes to it. */
export function OpenRows({ client, userId }: { readonly client: FixtureClient; readonly userId: string }) {
  const opened = client.open(fixtureGroupId)
  const view = useReadable(opened)
  const speaking = useSpeaking(view)
  const [quoted, setQuoted] = useState<ViewMessage>()
  const nothing = () => {}
  const chat: Chat = {
    group: useSpoken(opened, speaking),
    view,
    viewer: viewerIn(view.members, userId),
    uploads: { possible: false, list: [], send: nothing, cancel: nothing, retry: nothing },
    speaking,
    recalledTexts: new Map(),
    quote: setQuoted,
    edit: nothing,
    rewrite: nothing,
    jump: nothing,
    openMember: nothing,
    showReactors: nothing,
  }
  const lines = timelineOf({
    messages: view.messages,
    pending: view.pending,
    viewerId: userId,
    isSystem: () => false,
    foldOf: () => undefined,
  })
  const answering = { quoted, edited: undefined, rewritten: undefined, mentioned: undefined }
  return (
    <ChatContext value={chat}>
      {lines.map((line) => (
        <LineView key={line.key} line={line} highlightedSeq={undefined} openMenu={(message) => setQuoted(message)} />
      ))}
      <Composer {...answering} onCancel={() => setQuoted(undefined)} onSent={nothing} />
    </ChatContext>
  )
}
