/** The viewer's groups: who spoke last, what is unread, what was begun. */
import { textIn } from '@qun/contract'
import type { Conversation } from '@qun/sdk'
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { Badge, GroupAvatar } from '../parts/avatar.tsx'
import { ConnectionBar } from '../parts/connection-bar.tsx'
import { useDraftTexts } from '../compose/draft-context.tsx'
import { useConversations, useDrawnAt, useLongPress } from '../parts/hooks.tsx'
import { useReadable } from '../parts/readable.ts'
import { BellIcon, ChatIcon, MoreIcon, PinIcon, QuietIcon } from '../parts/icons.tsx'
import { MenuAt } from '../parts/overlay.tsx'
import { problemText } from '../parts/problem.ts'
import { useQun, useWords } from '../qun-context.ts'
import { listTimeText } from '../parts/time-text.ts'

export interface ConversationListProps {
  readonly onOpen: (groupId: string) => void
  /** Marked as the one being read; on a desktop it stays beside the list. */
  readonly openId?: string | undefined
  /** Above the list: the app's own title and buttons. The kit's title stands there otherwise. */
  readonly head?: ReactNode
}
export function ConversationList({ onOpen, openId, head }: ConversationListProps) {
  const { client, listActions } = useQun()
  const words = useWords()
  const conversations = useConversations()
  const connection = useReadable(client.connection)
  const [menu, setMenu] = useState<{ conversation: Conversation; anchor: HTMLElement }>()
  // Nothing known and not yet online: it is loading, not empty.
  const loading = conversations.length === 0 && connection === 'connecting'
  return (
    <section className="qun-list" aria-label={words('list.title')}>
      {head ?? (
        <header className="qun-bar">
          <h1 className="qun-bar__title">{words('list.title')}</h1>
          {listActions.map(({ name, Action }) => (
            <Action key={name} onOpen={onOpen} />
          ))}
        </header>
      )}
      <ConnectionBar />
      {loading && <ListSkeleton />}
      {!loading && conversations.length === 0 && (
        <div className="qun-empty">
          <ChatIcon size={44} />
          <p>{words('list.empty')}</p>
          <p className="qun-empty__hint">{words('list.emptyHint')}</p>
        </div>
      )}
      <ul className="qun-list__rows">
        {conversations.map((one) => (
          <ConversationItem
            key={one.groupId}
            conversation={one}
            open={one.groupId === openId}
            onOpen={() => onOpen(one.groupId)}
            openMenu={(anchor) => setMenu({ conversation: one, anchor })}
          />
        ))}
      </ul>
      <ConversationMenu menu={menu} onClose={() => setMenu(undefined)} />
    </section>
  )
}

interface ItemProps {
  readonly conversation: Conversation
  readonly open: boolean
  readonly onOpen: () => void
  readonly openMenu: (anchor: HTMLElement) => void
}
function ConversationItem({ conversation, open, onOpen, openMenu }: ItemProps) {
  const { locale } = useQun()
  const words = useWords()
  const press = useLongPress(openMenu)
  const now = useDrawnAt()
  const row = useRef<HTMLLIElement>(null)
  const { name, avatar, faces, pinned, quiet, head } = conversation
  const marks = [pinned && 'pinned', open && 'open'].filter(Boolean).map((mark) => ` qun-conversation--${mark}`)
  return (
    <li ref={row} className={`qun-conversation${marks.join('')}`}>
      <button
        type="button"
        className="qun-conversation__open"
        aria-current={open || undefined}
        onClick={onOpen}
        {...press}
      >
        <span className="qun-conversation__picture">
          <GroupAvatar name={name} avatar={avatar} faces={faces} />
          {quiet && conversation.unread > 0 && (
            <span className="qun-dot" role="img" aria-label={words('list.unreadQuiet')} />
          )}
          {!quiet && conversation.unread > 0 && <UnreadBadge count={conversation.unread} />}
        </span>
        <span className="qun-conversation__words">
          <span className="qun-conversation__line">
            <bdi className="qun-conversation__name">{name}</bdi>
            {pinned && <span className="qun-hidden">{words('list.pinned')}</span>}
            {head.at > 0 && <time className="qun-conversation__time">{listTimeText(head.at, { now, locale })}</time>}
          </span>
          <span className="qun-conversation__line">
            <LastWords conversation={conversation} open={open} />
            {quiet && (
              <span className="qun-conversation__quiet" role="img" aria-label={words('list.quiet')}>
                <QuietIcon size={16} />
              </span>
            )}
          </span>
        </span>
      </button>
      <button
        type="button"
        className="qun-conversation__more"
        aria-label={words('list.more', { name })}
        aria-haspopup="menu"
        onClick={() => row.current && openMenu(row.current)}
      >
        <MoreIcon size={18} />
      </button>
    </li>
  )
}
/** Exact up to 99. */
export function UnreadBadge({ count }: { readonly count: number }) {
  const words = useWords()
  return (
    <span className="qun-unread" role="img" aria-label={words('list.unread', { n: count })}>
      {count > 99 ? words('count.over') : count}
    </span>
  )
}
function LastWords({ conversation, open }: { readonly conversation: Conversation; readonly open: boolean }) {
  const { locale, viewerId } = useQun()
  const words = useWords()
  const draft = useDraftTexts().get(conversation.groupId)
  const { last } = conversation.head
  const mentioned = conversation.mentions.length > 0
  return (
    <span className="qun-conversation__last">
      {mentioned && <span className="qun-mark">{words('list.mentioned')}</span>}
      {!mentioned && draft && !open ? (
        <>
          <span className="qun-mark">{words('list.draft')}</span>
          {draft.text}
        </>
      ) : (
        last && (
          <>
            {last.senderName !== '' && last.senderId !== viewerId && (
              <>
                <bdi>{last.senderName}</bdi>
                {last.senderBadge && (
                  <>
                    {' '}
                    <Badge badge={last.senderBadge} />
                  </>
                )}
                {': '}
              </>
            )}
            {textIn(last.summary, locale)}
          </>
        )
      )}
    </span>
  )
}

interface MenuProps {
  readonly menu: { readonly conversation: Conversation; readonly anchor: HTMLElement } | undefined
  readonly onClose: () => void
}
function ConversationMenu({ menu, onClose }: MenuProps) {
  const { client, toast } = useQun()
  const words = useWords()
  const one = menu?.conversation
  const set = (patch: { pinned?: boolean; quiet?: boolean }) => {
    if (one) client.setConversation(one.groupId, patch).catch((error: unknown) => toast(problemText(error), 'danger'))
  }
  return (
    <MenuAt
      anchor={menu?.anchor}
      label={words('list.more', { name: one?.name ?? '' })}
      onClose={onClose}
      choices={[
        {
          name: 'pin',
          label: words(one?.pinned ? 'list.unpin' : 'list.pin'),
          icon: <PinIcon size={20} />,
          run: () => set({ pinned: !one?.pinned }),
        },
        {
          name: 'quiet',
          label: words(one?.quiet ? 'list.makeLoud' : 'list.makeQuiet'),
          icon: one?.quiet ? <BellIcon size={20} /> : <QuietIcon size={20} />,
          run: () => set({ quiet: !one?.quiet }),
        },
      ]}
    />
  )
}
function ListSkeleton() {
  const words = useWords()
  return (
    <div className="qun-skeletons" role="status">
      <span className="qun-hidden">{words('list.loading')}</span>
      {[0, 1, 2, 3, 4, 5].map((row) => (
        <div key={row} className="qun-skeleton" aria-hidden="true">
          <span className="qun-skeleton__face" />
          <span className="qun-skeleton__words" />
        </div>
      ))}
    </div>
  )
}
