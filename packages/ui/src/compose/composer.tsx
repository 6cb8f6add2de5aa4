/** Where a person writes: words, emoji, mentions, pictures, and the forms of the cards they may post. */
import { useState } from 'react'
import type { DragEvent, ReactNode } from 'react'
import { senderOf, useChat } from '../chat-context.tsx'
import { Badge } from '../parts/avatar.tsx'
import { EmojiPanel } from './emoji-panel.tsx'
import { CloseIcon, PlusIcon, SendIcon } from '../parts/icons.tsx'
import { useSummary } from '../cards/message-face.tsx'
import { PlusSheet } from './plus-sheet.tsx'
import { SpeakingBar } from './speaking.tsx'
import { useWords } from '../qun-context.ts'
import { TextField } from './text-field.tsx'
import type { Uploads } from '../chat-context.tsx'
import { useStopped, useWriting, type WritingInput } from './writing.ts'

export type ComposerProps = WritingInput

export function Composer(props: ComposerProps) {
  const stopped = useStopped()
  if (stopped !== undefined) {
    return (
      <div className="qun-composer qun-composer--stopped" role="status">
        {stopped}
      </div>
    )
  }
  return <WritingBox {...props} />
}
function WritingBox(props: ComposerProps) {
  const { quoted, edited, onCancel, onSent } = props
  const words = useWords()
  const writing = useWriting(props)
  const { uploads } = useChat()
  const drop = useDrop(uploads)
  const [panel, setPanel] = useState<'emoji' | 'plus'>()
  const empty = writing.text.trim() === ''
  return (
    <div className={drop.over ? 'qun-composer qun-composer--drop' : 'qun-composer'} {...drop.handlers}>
      {!edited && <SpeakingBar />}
      <QuoteBar quoted={quoted} edited={edited} onCancel={onCancel} />
      <div className="qun-composer__row">
        <button
          type="button"
          className="qun-iconbutton"
          aria-label={words('compose.plus')}
          aria-haspopup="dialog"
          onClick={() => setPanel('plus')}
        >
          <PlusIcon size={26} />
        </button>
        <TextField
          writing={writing}
          uploads={uploads}
          emojiOpen={panel === 'emoji'}
          setEmojiOpen={(open) => setPanel(open ? 'emoji' : undefined)}
          onEscape={quoted || edited ? onCancel : undefined}
        />
        <button
          type="button"
          className={empty ? 'qun-sendbutton qun-sendbutton--empty' : 'qun-sendbutton'}
          aria-label={words(edited ? 'compose.save' : 'compose.send')}
          disabled={empty}
          // Keeps the phone's keyboard open.
          onPointerDown={(down) => down.preventDefault()}
          onClick={() => void writing.send()}
        >
          <SendIcon size={22} />
        </button>
      </div>
      {panel === 'emoji' && <EmojiPanel onPick={writing.insert} />}
      {drop.over && <div className="qun-composer__drop">{words('compose.drop')}</div>}
      <PlusSheet
        open={panel === 'plus'}
        onClose={() => setPanel(undefined)}
        sendPictures={uploads.possible ? uploads.send : undefined}
        onSent={onSent}
      />
    </div>
  )
}
function useDrop(uploads: Uploads) {
  const [over, setOver] = useState(false)
  if (!uploads.possible) return { over: false, handlers: {} }
  const handlers = {
    onDragOver: (drag: DragEvent) => {
      if (!drag.dataTransfer.types.includes('Files')) return
      drag.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (drop: DragEvent) => {
      drop.preventDefault()
      setOver(false)
      uploads.send([...drop.dataTransfer.files])
    },
  }
  return { over, handlers }
}
function QuoteBar({ quoted, edited, onCancel }: Pick<ComposerProps, 'quoted' | 'edited' | 'onCancel'>): ReactNode {
  const { view } = useChat()
  const summary = useSummary()
  const words = useWords()
  const message = edited ?? quoted
  if (!message) return null
  const sender = senderOf(view, message)
  return (
    <div className="qun-quotebar">
      <div className="qun-quotebar__words">
        <span className="qun-quotebar__title">
          {edited ? words('compose.editing') : words('compose.quoting', { name: sender.name })}
          {!edited && <Badge badge={sender.badge} />}
        </span>
        <span className="qun-quotebar__text">{summary(message)}</span>
      </div>
      <button
        type="button"
        className="qun-iconbutton"
        aria-label={words(edited ? 'compose.cancelEdit' : 'compose.cancelQuote')}
        onClick={onCancel}
      >
        <CloseIcon size={18} />
      </button>
    </div>
  )
}
