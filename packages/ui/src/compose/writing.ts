/** The text being written: its draft, the people it names, changing an older message, and sending. */
import type { ViewMessage } from '@qun/sdk'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { memberOf, useChat } from '../chat-context.tsx'
import { useDrafts } from './draft-context.tsx'
import { insertMention, mentionsIn, type MentionQuery } from './mentions.ts'
import { problemText } from '../parts/problem.ts'
import { useQun, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'
import { instantText } from '../parts/time-text.ts'

export interface WritingInput {
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
export function useWriting(input: WritingInput) {
  const { quoted, edited, onCancel, onSent } = input
  const { talk, toast } = useQun()
  const { group } = useChat()
  const field = useRef<HTMLTextAreaElement>(null)
  const { text, setText, restore, known, forget } = useDraft(group.groupId, edited !== undefined)
  const names = useNames(known)
  useRequests(input, { text, setText, restore, names, field })

  const change = async (message: ViewMessage, words: string) => {
    try {
      await talk?.edit?.(group, message, { text: words, mentions: mentionsIn(words, known.current) })
      onCancel()
    } catch (error) {
      toast(problemText(error), 'danger')
    }
  }
  const send = async () => {
    const words = text.trim()
    if (words === '' || !talk) return
    if (edited) return change(edited, words)
    const mentions = mentionsIn(words, known.current)
    const writing = talk.write({ text: words, mentions, ...(quoted ? { quote: quoted } : {}) })
    forget()
    onCancel()
    onSent()
    // A refusal shows as the red mark on the bubble itself.
    await group.send(writing.card, writing.body).catch(() => {})
  }
  return {
    field,
    text,
    setText,
    send,
    typing: () => group.typing(),
    mention: (query: MentionQuery, userId: string, name: string) => {
      const put = insertMention(text, query, name)
      names.know(name, userId)
      setText(put.text)
      moveCaret(field, put.caret, true)
    },
    insert: (emoji: string) => {
      const at = field.current?.selectionStart ?? text.length
      setText(text.slice(0, at) + emoji + text.slice(field.current?.selectionEnd ?? at))
      moveCaret(field, at + emoji.length, false)
    },
  }
}
export type Writing = ReturnType<typeof useWriting>

type Known = { current: Readonly<Record<string, string>> }
function useDraft(groupId: string, editing: boolean) {
  const drafts = useDrafts()
  const [start] = useState(() => drafts.get().get(groupId))
  const [text, setShown] = useState(start?.text ?? '')
  const known: Known = useRef(start?.mentions ?? {})
  return {
    text,
    known,
    setText: (next: string) => {
      setShown(next)
      // An older message being changed is no draft.
      if (!editing) drafts.set(groupId, { text: next, mentions: known.current })
    },
    /** What was being written before an older message was changed. */
    restore: () => setShown(drafts.get().get(groupId)?.text ?? ''),
    forget: () => {
      setShown('')
      known.current = {}
      drafts.set(groupId, undefined)
    },
  }
}
/** Which `@name` in the text is whom. */
function useNames(known: Known) {
  const { view } = useChat()
  return useMemo(() => {
    const know = (name: string, userId: string) => {
      known.current = { ...known.current, [name]: userId }
    }
    return {
      know,
      nameOf: (userId: string) => memberOf(view, userId).name,
      knowAll: (userIds: readonly string[]) => {
        for (const id of userIds) {
          const names = id === '*' ? Object.values(texts['compose.mentionAll']) : [memberOf(view, id).name]
          for (const name of names) know(name, id)
        }
      },
    }
  }, [known, view])
}
interface Requested {
  readonly text: string
  readonly setText: (text: string) => void
  readonly restore: () => void
  readonly names: ReturnType<typeof useNames>
  readonly field: { readonly current: HTMLTextAreaElement | null }
}
/** What the list and the sheets ask of the composer: to change a message, to answer one, to put words back. */
function useRequests({ quoted, edited, rewritten, mentioned }: WritingInput, requested: Requested): void {
  const { talk } = useQun()
  const focus = useEffectEvent(() => requested.field.current?.focus())
  const edit = useEffectEvent((message: ViewMessage) => {
    requested.names.knowAll(talk?.mentionsOf?.(message) ?? [])
    requested.setText(talk?.textOf(message) ?? '')
    focus()
  })
  const put = useEffectEvent((words: string) => {
    requested.setText(words)
    focus()
  })
  const name = useEffectEvent((userId: string) => {
    const called = requested.names.nameOf(userId)
    requested.names.know(called, userId)
    put(`${requested.text}@${called} `)
  })
  const restore = useEffectEvent(() => requested.restore())
  useEffect(() => {
    if (!edited) return
    edit(edited)
    return () => restore()
  }, [edited])
  useEffect(() => {
    if (quoted) focus()
  }, [quoted])
  useEffect(() => {
    if (rewritten) put(rewritten.text)
  }, [rewritten])
  useEffect(() => {
    if (mentioned) name(mentioned.userId)
  }, [mentioned])
}
function moveCaret(field: { readonly current: HTMLTextAreaElement | null }, caret: number, focus: boolean): void {
  // After React has put the text in.
  requestAnimationFrame(() => {
    if (focus) field.current?.focus()
    field.current?.setSelectionRange(caret, caret)
  })
}

/** Timers cannot be longer. */
const longestTimerMs = 2_000_000_000

/** Why the viewer may not write here; undefined when they may. */
export function useStopped(): string | undefined {
  const { view, viewer } = useChat()
  const { client, locale } = useQun()
  const words = useWords()
  const until = view.members.get(viewer.userId)?.mutedUntil ?? 0
  // The mute ends by itself; without this the composer would stay closed until the next change.
  const [, setOver] = useState(0)
  useEffect(() => {
    const leftMs = until - client.serverNow()
    if (leftMs <= 0) return
    const timer = setTimeout(() => setOver(until), Math.min(leftMs, longestTimerMs) + 50)
    return () => clearTimeout(timer)
  }, [until, client])
  const now = client.serverNow()
  if (view.group?.disbandedAt !== undefined) return words('compose.disbanded')
  if (until > now) return words('compose.muted', { until: instantText(until, { now, locale }) })
  if (view.group?.settings.muteAll && viewer.role === 'member') return words('compose.mutedAll')
  return undefined
}
