/** What tests of faces need: a client in memory, overlays that open at once, a play's card or form in its place. */
import type { BodyOf, Locale, MineOf, Role, StateOf } from '@qun/contract'
import type { ViewMessage } from '@qun/sdk'
import type { ReactElement, ReactNode } from 'react'
import type { AnyCard, CardFaceProps, ComposeProps } from './card-ui.ts'
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
