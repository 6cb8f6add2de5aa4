/** One message with its sender, its reactions and its signs; and a pending one with its clock or its red mark. */
import type { PendingMessage, ViewMessage } from '@qun/sdk'
import { memo, useRef, useState } from 'react'
import type { PointerEvent as ReactPointerEvent, ReactNode } from 'react'
import { Avatar, MemberName } from '../parts/avatar.tsx'
import { senderOf, useChat } from '../chat-context.tsx'
import { buzz, isWithin, useLongPress } from '../parts/hooks.tsx'
import { ClockIcon, MoreIcon, QuoteIcon } from '../parts/icons.tsx'
import { asMessage, MessageFace, Tombstone } from '../cards/message-face.tsx'
import { NameMarks } from '../people/name-marks.tsx'
import { useQun, useText, useWords } from '../qun-context.ts'
import { FailedMenu } from './failed-menu.tsx'
import { Reactions } from './reactions.tsx'
import { useSwipe } from '../parts/swipe.ts'
import { clockText } from '../parts/time-text.ts'

const doubleTapMs = 300

export interface RowFrameProps {
  readonly own: boolean
  readonly first: boolean
  readonly last: boolean
  readonly plain: boolean
  readonly senderId: string
  /** The shop it is spoken as. */
  readonly as?: ViewMessage['as']
  readonly highlighted?: boolean
  /** What drawing the row aside does; undefined where there is nothing to answer. */
  readonly onSwipe?: (() => void) | undefined
  readonly children: ReactNode
}
export function RowFrame({
  own,
  first,
  last,
  plain,
  senderId,
  as,
  highlighted = false,
  onSwipe,
  children,
}: RowFrameProps) {
  const { view, openMember } = useChat()
  const words = useWords()
  const sender = senderOf(view, { senderId, as })
  const marks = [
    own ? 'own' : 'other',
    first && 'first',
    last && 'last',
    plain ? 'plain' : 'live',
    highlighted && 'highlighted',
  ]
  const className = ['qun-row', ...marks.filter(Boolean).map((mark) => `qun-row--${mark}`)].join(' ')
  const swipe = useSwipe(onSwipe)
  return (
    <div className={className} {...swipe}>
      {onSwipe && (
        <span className="qun-row__swipe" aria-hidden="true">
          <QuoteIcon size={18} />
        </span>
      )}
      {!own && (
        <div className="qun-row__face">
          {first && senderId === '' && <Avatar name={sender.name} avatar={sender.avatar} />}
          {first && senderId !== '' && (
            <button
              type="button"
              className="qun-facebutton"
              onClick={() => openMember(senderId)}
              aria-label={sender.name}
            >
              <Avatar name={sender.name} avatar={sender.avatar} />
            </button>
          )}
        </div>
      )}
      <div className="qun-row__main">
        {first && (!own || as !== undefined) && (
          <div className="qun-row__name">
            <MemberName member={sender} role />
            <NameMarks userId={senderId} view={view} />
          </div>
        )}
        {(own || !first) && <span className="qun-hidden">{own ? words('member.self') : sender.name}</span>}
        {children}
      </div>
    </div>
  )
}

export interface MessageRowProps {
  readonly message: ViewMessage
  readonly first: boolean
  readonly last: boolean
  readonly highlighted: boolean
  readonly openMenu: (message: ViewMessage, anchor: HTMLElement) => void
}
export const MessageItem = memo(function MessageItem(props: MessageRowProps) {
  const { message, first, last, highlighted, openMenu } = props
  const { cards, client, locale } = useQun()
  const { group, view, viewer, quote } = useChat()
  const words = useWords()
  const box = useRef<HTMLDivElement>(null)
  const press = useLongPress((anchor) => openMenu(message, anchor))
  const doubleTap = useDoubleTap(() => quote(message))
  if (message.recalled) return <Tombstone message={message} />
  const own = message.senderId === viewer.userId
  return (
    <RowFrame
      own={own}
      first={first}
      last={last}
      plain={Boolean(cards.get(message.kind)?.plain)}
      senderId={message.senderId}
      as={message.as}
      highlighted={highlighted}
      onSwipe={view.group?.disbandedAt === undefined ? () => quote(message) : undefined}
    >
      <div className="qun-row__line" title={clockText(message.at, { now: client.serverNow(), locale })}>
        <div ref={box} className="qun-row__box" {...press} onPointerUp={(up) => (press.onPointerUp(), doubleTap(up))}>
          <MessageFace message={message} group={group} viewer={viewer} />
        </div>
        <button
          type="button"
          className="qun-row__more"
          aria-label={words('message.menu')}
          aria-haspopup="menu"
          onClick={() => box.current && openMenu(message, box.current)}
        >
          <MoreIcon size={18} />
        </button>
      </div>
      <Reactions message={message} />
    </RowFrame>
  )
})
function useDoubleTap(run: () => void) {
  const tappedAt = useRef(0)
  return (up: ReactPointerEvent<HTMLElement>) => {
    // A double click of a mouse selects a word; only fingers quote with it.
    if (up.pointerType === 'mouse' || !isWithin(up)) return
    if (up.timeStamp - tappedAt.current < doubleTapMs) {
      tappedAt.current = 0
      buzz()
      run()
    } else tappedAt.current = up.timeStamp
  }
}

export interface PendingItemProps {
  readonly pending: PendingMessage
  readonly first: boolean
  readonly last: boolean
}
/** The same bubble as when sent, with a clock; a failed one explains itself and can be sent again or deleted. */
export const PendingItem = memo(function PendingItem({ pending, first, last }: PendingItemProps) {
  const { cards, viewerId } = useQun()
  const { group, viewer } = useChat()
  const words = useWords()
  const text = useText()
  const [anchor, setAnchor] = useState<HTMLElement>()
  const failed = pending.status === 'failed'
  const ui = cards.get(pending.kind)
  return (
    <RowFrame own first={first} last={last} plain={Boolean(ui?.plain)} senderId={viewerId} as={pending.as}>
      <div className="qun-row__line">
        <div className="qun-row__box">
          <MessageFace message={asMessage(pending, viewerId, ui)} group={group} viewer={viewer} />
        </div>
        {failed ? (
          <button
            type="button"
            className="qun-row__failed"
            aria-label={words('message.failedMenu')}
            aria-haspopup="menu"
            onClick={(click) => setAnchor(click.currentTarget)}
          >
            <span aria-hidden="true">!</span>
          </button>
        ) : (
          <span className="qun-row__sending" role="img" aria-label={words('message.sending')}>
            <ClockIcon size={15} />
          </span>
        )}
      </div>
      {failed && (
        <p className="qun-row__problem">{pending.problem ? text(pending.problem.title) : words('message.failed')}</p>
      )}
      <FailedMenu
        anchor={anchor}
        onClose={() => setAnchor(undefined)}
        resend={() => group.resend(pending.clientId)}
        discard={() => group.discard(pending.clientId)}
      />
    </RowFrame>
  )
})
