/** A text bubble: words, links, people named, what it answers, and that it was edited. */
import {
  Bubble,
  Dialog,
  memberOf,
  splitMentions,
  useChatIfAny,
  useText,
  type CardFaceProps,
  type TextPart,
} from '@qun/ui'
import type { GroupView } from '@qun/sdk'
import { useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import type { textMessage } from '../contract.ts'
import { EditedMark } from './edited-mark.tsx'
import { splitLinks, type LinkPart } from './links.ts'
import { QuoteBlock } from './quote-block.tsx'
import { textNow } from './talk.ts'
import { messageTexts } from './texts.ts'

export function TextFace({ body, state, message, group, viewer }: CardFaceProps<typeof textMessage>) {
  const text = textNow(body, state)
  const mentions = state?.edited?.mentions ?? body.mentions ?? []
  return (
    <Bubble>
      {body.quote && <QuoteBlock seq={body.quote.seq} />}
      <Words text={text} mentions={mentions} viewerId={viewer.userId} />
      {state?.edited && <EditedMark group={group} message={message} text={text} />}
    </Bubble>
  )
}
interface WordsProps {
  readonly text: string
  readonly mentions: readonly string[]
  readonly viewerId: string
}
function Words({ text, mentions, viewerId }: WordsProps) {
  const chat = useChatIfAny()
  const say = useText()
  const parts = useMemo(() => splitMentions(text, namedIn(mentions, chat?.view)), [text, mentions, chat?.view])
  const [asked, setAsked] = useState<LinkPart>()
  return (
    <>
      {/* A large lone emoji is how people smile at each other. */}
      <span className={isBigEmoji(text) ? 'qun-text qun-text--big' : 'qun-text'} dir="auto">
        {parts.map((part, index) => partNode(part, index, viewerId, setAsked))}
      </span>
      <Dialog
        open={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={messageTexts.linkTitle}
        confirm={messageTexts.linkOpen}
        danger
        onConfirm={() => void window.open(asked?.href, '_blank', 'noopener,noreferrer')}
      >
        {say(messageTexts.linkWarning)}
        <code className="qun-linkaddress">{asked?.disguised}</code>
      </Dialog>
    </>
  )
}
function namedIn(mentions: readonly string[], view: GroupView | undefined) {
  return mentions.flatMap((userId) => {
    // Everyone is named in the language of whoever wrote it.
    if (userId === '*') return Object.values(messageTexts.everyone).map((name) => ({ userId, name }))
    return [{ userId, name: memberOf(view, userId).name }]
  })
}
function partNode(part: TextPart, index: number, viewerId: string, ask: (link: LinkPart) => void): ReactNode {
  if (part.userId !== undefined) {
    const own = part.userId === viewerId || part.userId === '*'
    return (
      <bdi key={index} className={own ? 'qun-mention qun-mention--own' : 'qun-mention'}>
        {part.text}
      </bdi>
    )
  }
  return splitLinks(part.text).map((link, at) =>
    link.href === undefined ? (
      link.text
    ) : (
      <a
        key={`${index}/${at}`}
        className="qun-link"
        href={link.href}
        target="_blank"
        rel="noopener noreferrer nofollow ugc"
        onClick={(click) => {
          if (link.disguised === undefined) return
          click.preventDefault()
          ask(link)
        }}
      >
        {link.text}
      </a>
    ),
  )
}
const bigEmoji = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*){1,3}$/u
function isBigEmoji(text: string): boolean {
  return text.length <= 24 && bigEmoji.test(text.trim())
}
