/** The field of the composer: grows with its text, sends on Enter from a keyboard, offers people after `@`. */
import { useLayoutEffect, useRef, useState } from 'react'
import type { ClipboardEvent, KeyboardEvent } from 'react'
import { useChat } from '../chat-context.tsx'
import { EmojiIcon, KeyboardIcon } from '../parts/icons.tsx'
import { MentionPicker } from './mention-picker.tsx'
import { mentionQueryAt, type MentionQuery } from './mentions.ts'
import { useWords } from '../qun-context.ts'
import { knowsAll, useRoster } from '../people/roster.ts'
import type { Uploads } from '../chat-context.tsx'
import type { Writing } from './writing.ts'

export interface TextFieldProps {
  readonly writing: Writing
  readonly uploads: Uploads
  readonly emojiOpen: boolean
  readonly setEmojiOpen: (open: boolean) => void
  /** Ends the quote or the change; undefined when there is none. */
  readonly onEscape: (() => void) | undefined
}
export function TextField({ writing, uploads, emojiOpen, setEmojiOpen, onEscape }: TextFieldProps) {
  const { group, view, viewer } = useChat()
  const words = useWords()
  const { field, text } = writing
  const [query, setQuery] = useState<MentionQuery>()
  const roster = useRoster(group, view, useAsked(query !== undefined) && !knowsAll(view))
  const picker = useRef<{ key(key: string): boolean }>(null)
  useAutosize(field, text)
  const keyed = (down: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter chooses a word. Safari reports only the key code.
    if (down.nativeEvent.isComposing || down.keyCode === 229) return
    if (query && picker.current?.key(down.key)) return down.preventDefault()
    if (down.key === 'Escape') onEscape?.()
    if (down.key === 'Enter' && !down.shiftKey && !down.altKey && hasKeyboard()) {
      down.preventDefault()
      void writing.send()
    }
  }
  const pasted = (paste: ClipboardEvent) => {
    const files = [...paste.clipboardData.files]
    if (files.length === 0 || !uploads.possible) return
    paste.preventDefault()
    uploads.send(files)
  }
  return (
    <div className="qun-composer__field">
      {query && (
        <MentionPicker
          ref={picker}
          roster={roster}
          viewer={viewer}
          words={query.words}
          onPick={(userId, name) => (writing.mention(query, userId, name), setQuery(undefined))}
          onClose={() => setQuery(undefined)}
        />
      )}
      <textarea
        ref={field}
        className="qun-composer__text"
        rows={1}
        value={text}
        placeholder={words('compose.placeholder')}
        aria-label={words('compose.label')}
        onChange={({ target }) => {
          writing.setText(target.value)
          setQuery(mentionQueryAt(target.value, target.selectionStart))
          writing.typing()
        }}
        onSelect={(select) => setQuery(mentionQueryAt(text, select.currentTarget.selectionStart))}
        onKeyDown={keyed}
        onPaste={pasted}
        onFocus={() => emojiOpen && !hasKeyboard() && setEmojiOpen(false)}
      />
      <button
        type="button"
        className="qun-iconbutton qun-composer__emoji"
        aria-label={words(emojiOpen ? 'compose.keyboard' : 'compose.emoji')}
        aria-expanded={emojiOpen}
        onClick={() => {
          setEmojiOpen(!emojiOpen)
          if (emojiOpen) field.current?.focus()
        }}
      >
        {emojiOpen ? <KeyboardIcon size={24} /> : <EmojiIcon size={24} />}
      </button>
    </div>
  )
}
/** True once it was asked for, so that closing the list does not forget the people it fetched. */
function useAsked(now: boolean): boolean {
  const [asked, setAsked] = useState(now)
  if (now && !asked) setAsked(true)
  return asked || now
}
/** With a mouse, Enter sends; on a touch keyboard it makes a line. */
function hasKeyboard(): boolean {
  return !window.matchMedia('(pointer: coarse)').matches
}
function useAutosize(field: { readonly current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const area = field.current
    if (!area || CSS.supports('field-sizing', 'content')) return
    area.style.blockSize = 'auto'
    area.style.blockSize = `${area.scrollHeight}px`
  }, [field, text])
}
