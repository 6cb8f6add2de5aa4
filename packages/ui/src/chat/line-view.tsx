/** One line of the conversation in its own form. */
import type { ViewMessage } from '@qun/sdk'
import { memo, useState } from 'react'
import { useChat } from '../chat-context.tsx'
import { MessageFace, Tombstone } from '../cards/message-face.tsx'
import { MessageItem, PendingItem } from './message-row.tsx'
import { useQun, useWords } from '../qun-context.ts'
import { separatorText } from '../parts/time-text.ts'
import type { Line } from './timeline.ts'
import { UploadItem } from './upload-row.tsx'

export interface LineViewProps {
  readonly line: Line
  readonly highlightedSeq: number | undefined
  readonly openMenu: (message: ViewMessage, anchor: HTMLElement) => void
}
export const LineView = memo(function LineView({ line, highlightedSeq, openMenu }: LineViewProps) {
  switch (line.type) {
    case 'time':
      return <Separator at={line.at} />
    case 'unread':
      return <UnreadMark />
    case 'system':
      return <SystemLine message={line.message} />
    case 'fold':
      return <FoldedLine line={line} />
    case 'pending':
      return <PendingItem pending={line.pending} first={line.first} last={line.last} />
    case 'upload':
      return <UploadItem upload={line.upload} first={line.first} />
    case 'message':
      return (
        <MessageItem
          message={line.message}
          first={line.first}
          last={line.last}
          highlighted={highlightedSeq === line.message.seq}
          openMenu={openMenu}
        />
      )
  }
})
function Separator({ at }: { readonly at: number }) {
  const { client, locale } = useQun()
  return (
    <p className="qun-separator">
      <time dateTime={new Date(at).toISOString()}>{separatorText(at, { now: client.serverNow(), locale })}</time>
    </p>
  )
}
function UnreadMark() {
  const words = useWords()
  return (
    <p className="qun-unreadmark">
      <span>{words('chat.unreadDivider')}</span>
    </p>
  )
}
function SystemLine({ message }: { readonly message: ViewMessage }) {
  const { group, viewer } = useChat()
  if (message.recalled) return <Tombstone message={message} />
  return (
    <div className="qun-systemline">
      <MessageFace message={message} group={group} viewer={viewer} />
    </div>
  )
}
function FoldedLine({ line }: { readonly line: Extract<Line, { type: 'fold' }> }) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  if (open) return line.messages.map((message) => <SystemLine key={message.seq} message={message} />)
  return (
    <p className="qun-systemline">
      <span>
        {words('message.foldedJoins', {
          name: line.fold.names[0] ?? '',
          n: line.fold.count,
          others: line.fold.count - 1,
        })}
      </span>
      <button type="button" className="qun-linkbutton" onClick={() => setOpen(true)}>
        {words('message.showAll')}
      </button>
    </p>
  )
}
