/** The face of one message by its kind: a feature's, the tombstone of a recalled one, or words for unknown kinds. */
import { textIn } from '@qun/contract'
import type { GroupHandle, PendingMessage, ViewMessage } from '@qun/sdk'
import { Component, useMemo } from 'react'
import type { ReactNode } from 'react'
import type { AnyCardUI, Viewer } from '../card-ui.ts'
import { memberOf, senderOf, useChat } from '../chat-context.tsx'
import { Badge } from '../parts/avatar.tsx'
import { SpokenContext, useQun, useWords } from '../qun-context.ts'

/** A bubble; its colour and corners come from the row it stands in. */
export function Bubble({ children, bare = false }: { readonly children: ReactNode; readonly bare?: boolean }) {
  return <div className={bare ? 'qun-bubble qun-bubble--bare' : 'qun-bubble'}>{children}</div>
}

interface BoundaryProps {
  /** A later version may be one the face understands. */
  readonly version: number
  readonly instead: ReactNode
  readonly children: ReactNode
}
interface BoundaryState {
  readonly failed: boolean
  readonly version: number
}
/** A face that fails must not take the conversation with it. Faces keep their own state from version to version. */
class FaceBoundary extends Component<BoundaryProps, BoundaryState> {
  override state = { failed: false, version: this.props.version }
  static getDerivedStateFromError() {
    return { failed: true }
  }
  static getDerivedStateFromProps({ version }: BoundaryProps, state: BoundaryState) {
    return version === state.version ? null : { failed: false, version }
  }
  override render() {
    return this.state.failed ? this.props.instead : this.props.children
  }
}

/** The summary of a message in the reader's language; the update notice for unknown kinds. */
export function useSummary(): (
  message: Pick<ViewMessage, 'kind' | 'body'> & { readonly recalled?: unknown },
) => string {
  const { cards, locale } = useQun()
  const words = useWords()
  return (message) => {
    const ui = cards.get(message.kind)
    if (!ui || message.body === null) return words('message.unknown')
    try {
      return textIn(ui.card.summary(message.body), locale)
    } catch {
      return words('message.unknown')
    }
  }
}

export interface MessageFaceProps {
  readonly message: ViewMessage
  readonly group: GroupHandle
  readonly viewer: Viewer
}
export function MessageFace({ message, group, viewer }: MessageFaceProps) {
  const { cards, client, locale } = useQun()
  const summary = useSummary()
  const ui = cards.get(message.kind)
  const act = useMemo(
    () => async (action: string, input: unknown) => {
      if (ui) await group.act(ui.card, message.seq, action, input)
    },
    [group, ui, message.seq],
  )
  const instead = <UnknownFace words={summary(message)} />
  if (!ui || message.body === null) return instead
  // On its way to the server a card has no state yet: its words stand in until the server has made the first.
  if (message.seq === 0 && ui.card.initial === undefined) return instead
  const Face = ui.Card
  return (
    <FaceBoundary version={message.version} instead={instead}>
      <SpokenContext value={message.as}>
        <Face
          body={message.body}
          state={message.state}
          mine={message.mine?.body}
          act={act}
          viewer={viewer}
          message={message}
          group={group}
          now={client.serverNow()}
          locale={locale}
        />
      </SpokenContext>
    </FaceBoundary>
  )
}
function UnknownFace({ words }: { readonly words: string }) {
  return (
    <Bubble>
      <span className="qun-unknown">{words}</span>
    </Bubble>
  )
}
/** A pending message in the form its face expects: at no position, in its first state. */
export function asMessage(pending: PendingMessage, viewerId: string, ui: AnyCardUI | undefined): ViewMessage {
  return {
    row: 'message',
    seq: 0,
    version: 0,
    senderId: viewerId,
    clientId: pending.clientId as ViewMessage['clientId'],
    kind: pending.kind,
    body: pending.body,
    state: ui?.card.initial ?? {},
    ordinal: 0,
    own: 0,
    at: pending.at,
    ...(pending.as && { as: pending.as }),
  }
}
/** What stands where a recalled message was. */
export function Tombstone({ message }: { readonly message: ViewMessage }) {
  const { viewer, view, recalledTexts, rewrite } = useChat()
  const words = useWords()
  const by = message.recalled?.by ?? message.senderId
  const own = by === viewer.userId && message.senderId === viewer.userId
  const lost = recalledTexts.get(message.seq)
  const sender = by === message.senderId ? senderOf(view, message) : memberOf(view, by)
  const { name } = sender
  const text = own
    ? words('message.recalledOwn')
    : by === message.senderId
      ? words('message.recalled', { name })
      : words('message.recalledBy', { name })
  return (
    <p className="qun-systemline">
      <span>{text}</span>
      {!own && <Badge badge={sender.badge} />}
      {own && lost !== undefined && (
        <button type="button" className="qun-linkbutton" onClick={() => rewrite(lost)}>
          {words('message.rewrite')}
        </button>
      )}
    </p>
  )
}
