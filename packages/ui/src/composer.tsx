/** Where a person writes: words, emoji, mentions, pictures, and the forms of the cards they may post. */
import type { ViewMessage } from '@qun/sdk'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { ClipboardEvent, DragEvent, KeyboardEvent, ReactNode } from 'react'
import { useChat } from './chat-context.tsx'
import { useDrafts } from './draft-context.tsx'
import { EmojiPanel } from './emoji-panel.tsx'
import { CloseIcon, EmojiIcon, KeyboardIcon, PlusIcon, SendIcon } from './icons.tsx'
import { MentionPicker } from './mention-picker.tsx'
import { insertMention, mentionQueryAt, mentionsIn, type MentionQuery } from './mentions.ts'
import { useSummary } from './message-face.tsx'
import { memberOf } from './chat-context.tsx'
import { PlusSheet } from './plus-sheet.tsx'
import { problemText } from './problem.ts'
import { useQun, useWords } from './provider.tsx'
import { texts } from './texts.ts'
import { instantText } from './time-text.ts'
import { usePictures } from './pictures.tsx'

export interface ComposerProps {
  /** The message being answered or changed, held by the chat. */
  readonly quoted: ViewMessage | undefined
  readonly edited: ViewMessage | undefined
  /** Words to put back after a recall; a fresh object each time. */
  readonly rewritten: { readonly text: string } | undefined
  /** A person to name; a fresh object each time. */
  readonly mentioned: { readonly userId: string } | undefined
  readonly onCancel: () => void
  /** Called after something was sent, so that the list goes to the end. */
  readonly onSent: () => void
}
export function Composer(props: ComposerProps) {
  const stopped = useStopped()
  if (stopped !== undefined) {
    return (
      <div className="qun-composer qun-composer--stopped" role="status">
        {stopped}
      </div>
    )
  }
  return <Writing {...props} />
}
/** Why the viewer may not write here; undefined when they may. */
function useStopped(): string | undefined {
  const { view, viewer } = useChat()
  const { client, locale } = useQun()
  const words = useWords()
  const now = client.serverNow()
  const until = view.members.get(viewer.userId)?.mutedUntil ?? 0
  // The mute ends by itself; without this the composer would stay closed until the next change.
  const [, setOver] = useState(0)
  useEffect(() => {
    if (until <= now) return
    const longestMs = 2_000_000_000
    const timer = setTimeout(() => setOver(until), Math.min(until - now, longestMs) + 50)
    return () => clearTimeout(timer)
  }, [until])
  if (view.group?.disbandedAt !== undefined) return words('compose.disbanded')
  if (until > now) return words('compose.muted', { until: instantText(until, { now, locale }) })
  if (view.group?.settings.muteAll && viewer.role === 'member') return words('compose.mutedAll')
  return undefined
}

function Writing(props: ComposerProps) {
  const { quoted, edited, onCancel } = props
  const { view, viewer } = useChat()
  const words = useWords()
  const field = useRef<HTMLTextAreaElement>(null)
  const writing = useWriting(props, field)
  const { text, setText } = writing
  const [query, setQuery] = useState<MentionQuery>()
  const [panel, setPanel] = useState<'emoji' | 'plus'>()
  const pictures = usePictures(props.onSent)
  const [dropping, setDropping] = useState(false)
  const picker = useRef<{ key(key: string): boolean }>(null)
  useAutosize(field, text)

  const changed = (next: string, caret: number) => {
    setText(next)
    setQuery(mentionQueryAt(next, caret))
  }
  const pick = (userId: string, name: string) => {
    if (!query) return
    const put = insertMention(text, query, name)
    writing.know(name, userId)
    setText(put.text)
    setQuery(undefined)
    moveCaret(field, put.caret)
  }
  const insert = (emoji: string) => {
    const at = field.current?.selectionStart ?? text.length
    setText(text.slice(0, at) + emoji + text.slice(field.current?.selectionEnd ?? at))
    moveCaret(field, at + emoji.length, false)
  }
  const keyed = (down: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter chooses a word. Safari reports only the key code.
    if (down.nativeEvent.isComposing || down.keyCode === 229) return
    if (query && picker.current?.key(down.key)) return down.preventDefault()
    if (down.key === 'Escape' && (quoted || edited)) onCancel()
    if (down.key === 'Enter' && !down.shiftKey && !down.altKey && hasKeyboard()) {
      down.preventDefault()
      void writing.send()
    }
  }
  const pasted = (paste: ClipboardEvent) => {
    const files = [...paste.clipboardData.files]
    if (files.length === 0 || !pictures.possible) return
    paste.preventDefault()
    pictures.send(files)
  }
  const dropped = (drop: DragEvent) => {
    drop.preventDefault()
    setDropping(false)
    pictures.send([...drop.dataTransfer.files])
  }
  const empty = text.trim() === ''
  return (
    <div
      className={dropping ? 'qun-composer qun-composer--drop' : 'qun-composer'}
      onDragOver={(over) => {
        if (!pictures.possible || !over.dataTransfer.types.includes('Files')) return
        over.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={pictures.possible ? dropped : undefined}
    >
      {query && (
        <MentionPicker ref={picker} view={view} viewer={viewer} words={query.words} onPick={pick} onClose={() => setQuery(undefined)} />
      )}
      {pictures.progress}
      <QuoteBar quoted={quoted} edited={edited} onCancel={onCancel} />
      <div className="qun-composer__row">
        <button type="button" className="qun-iconbutton" aria-label={words('compose.plus')} aria-haspopup="dialog" onClick={() => setPanel('plus')}>
          <PlusIcon size={26} />
        </button>
        <div className="qun-composer__field">
          <textarea
            ref={field}
            className="qun-composer__text"
            rows={1}
            value={text}
            placeholder={words('compose.placeholder')}
            aria-label={words('compose.label')}
            enterKeyHint="send"
            onChange={(change) => {
              changed(change.target.value, change.target.selectionStart)
              writing.typing()
            }}
            onSelect={(select) => setQuery(mentionQueryAt(text, select.currentTarget.selectionStart))}
            onKeyDown={keyed}
            onPaste={pasted}
            onFocus={() => panel === 'emoji' && !hasKeyboard() && setPanel(undefined)}
          />
          <button
            type="button"
            className="qun-iconbutton qun-composer__emoji"
            aria-label={words(panel === 'emoji' ? 'compose.keyboard' : 'compose.emoji')}
            aria-expanded={panel === 'emoji'}
            onClick={() => {
              setPanel(panel === 'emoji' ? undefined : 'emoji')
              if (panel === 'emoji') field.current?.focus()
            }}
          >
            {panel === 'emoji' ? <KeyboardIcon size={24} /> : <EmojiIcon size={24} />}
          </button>
        </div>
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
      {panel === 'emoji' && <EmojiPanel onPick={insert} />}
      {dropping && <div className="qun-composer__drop">{words('compose.drop')}</div>}
      <PlusSheet open={panel === 'plus'} onClose={() => setPanel(undefined)} sendPictures={pictures.possible ? pictures.send : undefined} onSent={props.onSent} />
    </div>
  )
}
/** With a mouse, Enter sends; on a touch keyboard it makes a line. */
function hasKeyboard(): boolean {
  return !window.matchMedia('(pointer: coarse)').matches
}
function moveCaret(field: { current: HTMLTextAreaElement | null }, caret: number, focus = true): void {
  // After React has put the text in.
  requestAnimationFrame(() => {
    if (focus) field.current?.focus()
    field.current?.setSelectionRange(caret, caret)
  })
}
function useAutosize(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const area = field.current
    if (!area || CSS.supports('field-sizing', 'content')) return
    area.style.blockSize = 'auto'
    area.style.blockSize = `${area.scrollHeight}px`
  }, [field, text])
}

function QuoteBar({ quoted, edited, onCancel }: Pick<ComposerProps, 'quoted' | 'edited' | 'onCancel'>): ReactNode {
  const { view } = useChat()
  const summary = useSummary()
  const words = useWords()
  const message = edited ?? quoted
  if (!message) return null
  const title = edited ? words('compose.editing') : words('compose.quoting', { name: memberOf(view, message.senderId).name })
  return (
    <div className="qun-quotebar">
      <div className="qun-quotebar__words">
        <span className="qun-quotebar__title">{title}</span>
        <span className="qun-quotebar__text">{summary(message)}</span>
      </div>
      <button type="button" className="qun-iconbutton" aria-label={words(edited ? 'compose.cancelEdit' : 'compose.cancelQuote')} onClick={onCancel}>
        <CloseIcon size={18} />
      </button>
    </div>
  )
}

/** The text, its draft, and sending it. */
function useWriting(props: ComposerProps, field: { current: HTMLTextAreaElement | null }) {
  const { quoted, edited, rewritten, mentioned, onCancel, onSent } = props
  const { talk, toast } = useQun()
  const { group, view } = useChat()
  const drafts = useDrafts()
  const groupId = group.groupId
  const start = useMemo(() => drafts.get().get(groupId), [drafts, groupId])
  const [text, setText] = useState(start?.text ?? '')
  const known = useRef<Record<string, string>>({ ...start?.mentions })
  const set = (next: string) => {
    setText(next)
    if (!edited) drafts.set(groupId, { text: next, mentions: known.current })
  }
  const know = (name: string, userId: string) => {
    known.current = { ...known.current, [name]: userId }
  }
  useEffect(() => {
    if (!edited) return
    for (const id of talk?.mentionsOf?.(edited) ?? []) know(id === '*' ? texts['compose.mentionAll']['zh-CN'] : memberOf(view, id).name, id)
    setText(talk?.textOf(edited) ?? '')
    field.current?.focus()
    // What was being written before comes back when editing ends.
    return () => setText(drafts.get().get(groupId)?.text ?? '')
  }, [edited])
  useEffect(() => {
    if (quoted) field.current?.focus()
  }, [quoted])
  useEffect(() => {
    if (!rewritten) return
    set(rewritten.text)
    field.current?.focus()
  }, [rewritten])
  useEffect(() => {
    if (!mentioned) return
    const { name } = memberOf(view, mentioned.userId)
    know(name, mentioned.userId)
    set(`${text}@${name} `)
    field.current?.focus()
  }, [mentioned])

  const send = async () => {
    const words = text.trim()
    if (words === '' || !talk) return
    const mentions = mentionsIn(words, known.current)
    if (edited) {
      try {
        await talk.edit?.(group, edited, { text: words, mentions })
        onCancel()
      } catch (error) {
        toast(problemText(error), 'danger')
      }
      return
    }
    const writing = talk.write({ text: words, mentions, ...(quoted ? { quote: quoted } : {}) })
    setText('')
    known.current = {}
    drafts.set(groupId, undefined)
    onCancel()
    onSent()
    // A refusal shows as the red mark on the bubble itself.
    await group.send(writing.card, writing.body).catch(() => {})
  }
  return { text, setText: set, know, send, typing: () => group.typing() }
}
