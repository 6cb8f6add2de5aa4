/** One open group: its bar, banners of features, messages and composer. */
import type { GroupHandle, GroupView, ViewMessage } from '@qun/sdk'
import { useMemo, useRef, useState } from 'react'
import { ChatContext, viewerIn, type Chat } from '../chat-context.tsx'
import { Composer } from '../compose/composer.tsx'
import { ConnectionBar } from '../parts/connection-bar.tsx'
import { useGroup } from '../parts/hooks.tsx'
import { BackIcon, MoreIcon } from '../parts/icons.tsx'
import { MemberSheet } from '../people/member-sheet.tsx'
import { MessageList, type ListHandle } from './message-list.tsx'
import { ReactorsSheet, type Reacted } from './reactions.tsx'
import { useQun, useText, useWords } from '../qun-context.ts'
import { useSpeaking, useSpoken } from '../compose/speaking.tsx'
import { useUploads } from '../compose/uploads.ts'

export interface GroupChatProps {
  readonly groupId: string
  /** Shows the way back; leave it out where the list stands beside. */
  readonly onBack?: (() => void) | undefined
  readonly onOpenGroupPage?: (() => void) | undefined
  /** The number of unread messages elsewhere, on the way back. */
  readonly unreadElsewhere?: number
}
/** Opens the group while mounted. */
export function GroupChat(props: GroupChatProps) {
  const { group, view } = useGroup(props.groupId)
  return (
    <section className="qun-chat" key={props.groupId}>
      <ChatBar {...props} view={view} />
      <ConnectionBar />
      <ChatContent group={group} view={view} />
    </section>
  )
}
function ChatContent({
  group,
  view,
}: {
  readonly group: GroupHandle | undefined
  readonly view: GroupView | undefined
}) {
  const words = useWords()
  const text = useText()
  if (view?.gone) return <p className="qun-empty">{text(view.gone.title) || words('chat.gone')}</p>
  if (!group || !view?.ready) return <ChatSkeleton />
  return <OpenChat key={group.groupId} group={group} view={view} />
}

function ChatBar({
  view,
  onBack,
  onOpenGroupPage,
  unreadElsewhere = 0,
}: GroupChatProps & { readonly view: GroupView | undefined }) {
  const words = useWords()
  const typing = useTypingText(view)
  const elsewhere = unreadElsewhere > 99 ? words('count.over') : unreadElsewhere
  return (
    <header className="qun-bar qun-bar--chat">
      {onBack && (
        <button
          type="button"
          className="qun-iconbutton qun-bar__back"
          // The count that is seen is also said: voice control finds a button by the words on it.
          aria-label={unreadElsewhere > 0 ? words('chat.backUnread', { n: elsewhere }) : words('chat.back')}
          onClick={onBack}
        >
          <BackIcon size={26} />
          {unreadElsewhere > 0 && <span className="qun-bar__elsewhere">{elsewhere}</span>}
        </button>
      )}
      <div className="qun-bar__middle">
        <h1 className="qun-bar__title">
          <bdi className="qun-bar__name">{view?.group?.name ?? ''}</bdi>
          {view?.group && <span className="qun-bar__count">({view.group.memberCount})</span>}
        </h1>
        {typing !== undefined && <span className="qun-bar__typing">{typing}</span>}
      </div>
      {onOpenGroupPage && (
        <button
          type="button"
          className="qun-iconbutton qun-bar__more"
          aria-label={words('chat.details')}
          onClick={onOpenGroupPage}
        >
          <MoreIcon size={24} />
        </button>
      )}
    </header>
  )
}
function useTypingText(view: GroupView | undefined): string | undefined {
  const words = useWords()
  if (!view || view.typing.length === 0) return undefined
  if (view.typing.length > 2) return words('chat.typingMany', { n: view.typing.length })
  return words('chat.typing', { names: view.typing.map((id) => view.members.get(id)?.name ?? id).join('、') })
}

function OpenChat({ group: opened, view }: { readonly group: GroupHandle; readonly view: GroupView }) {
  const speaking = useSpeaking(view)
  const group = useSpoken(opened, speaking)
  const { client, viewerId, banners } = useQun()
  const list = useRef<ListHandle>(undefined)
  const [quoted, setQuoted] = useState<ViewMessage>()
  const [edited, setEdited] = useState<ViewMessage>()
  const [rewritten, setRewritten] = useState<{ text: string }>()
  const [mentioned, setMentioned] = useState<{ userId: string }>()
  const [memberId, setMemberId] = useState<string>()
  const [reactors, setReactors] = useState<Reacted>()
  const uploads = useUploads(group, () => list.current?.toBottom())
  const recalledTexts = useRef(new Map<number, string>())
  const { members } = view
  const viewer = useMemo(() => viewerIn(members, viewerId), [members, viewerId])
  const actions = useMemo(
    (): Pick<Chat, 'quote' | 'edit' | 'rewrite' | 'jump' | 'openMember' | 'showReactors' | 'recalledTexts'> => ({
      quote: (message) => (setEdited(undefined), setQuoted(message)),
      edit: (message) => (setQuoted(undefined), setEdited(message)),
      rewrite: (text) => setRewritten({ text }),
      jump: (seq) => list.current?.jump(seq),
      openMember: setMemberId,
      showReactors: (message, emoji) => setReactors({ message, emoji }),
      recalledTexts: recalledTexts.current,
    }),
    [],
  )
  const chat = useMemo<Chat>(
    () => ({ group, view, viewer, uploads, speaking, ...actions }),
    [group, view, viewer, uploads, speaking, actions],
  )
  return (
    <ChatContext value={chat}>
      {banners.length > 0 && (
        <div className="qun-banners">
          {banners.map(({ name, Section }) => (
            <Section key={name} group={group} view={view} viewer={viewer} client={client} />
          ))}
        </div>
      )}
      <MessageList handle={list} />
      <Composer
        quoted={quoted}
        edited={edited}
        rewritten={rewritten}
        mentioned={mentioned}
        onCancel={() => (setQuoted(undefined), setEdited(undefined))}
        onSent={() => list.current?.toBottom()}
      />
      <ReactorsSheet shown={reactors} onClose={() => setReactors(undefined)} />
      <MemberSheet
        group={group}
        view={view}
        viewer={viewer}
        userId={memberId}
        onClose={() => setMemberId(undefined)}
        onMention={view.group?.disbandedAt === undefined ? (userId) => setMentioned({ userId }) : undefined}
      />
    </ChatContext>
  )
}
function ChatSkeleton() {
  const words = useWords()
  return (
    <div className="qun-chatskeleton" role="status">
      <span className="qun-hidden">{words('chat.loading')}</span>
      {['a', 'b', 'own', 'c', 'own2', 'd'].map((row) => (
        <div
          key={row}
          className={
            row.startsWith('own') ? 'qun-chatskeleton__row qun-chatskeleton__row--own' : 'qun-chatskeleton__row'
          }
          aria-hidden="true"
        >
          <span className="qun-chatskeleton__bubble" />
        </div>
      ))}
    </div>
  )
}
