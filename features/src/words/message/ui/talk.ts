/** How the kit's composer and menus speak text and pictures. */
import type { AnswerOf, StateOf } from '@qun/contract'
import type { Talk } from '@qun/ui'
import { editWindowMs, imageMessage, reactorsOf, textMessage, uploadImage } from '../contract.ts'
import { fitPicture } from './fit-picture.ts'

type TextState = StateOf<typeof textMessage>
interface Readable {
  readonly kind: string
  readonly body: unknown
  readonly state: unknown
}
const isText = (message: Readable) => message.kind === textMessage.kind && message.body !== null
const isImage = (message: Readable) => message.kind === imageMessage.kind && message.body !== null
const bodyOf = (message: Readable) => message.body as { text: string; mentions?: string[] }
const stateOf = (message: Readable) => message.state as TextState

/** The text as it reads now, after edits. */
export function textNow(body: { readonly text: string }, state: Partial<TextState> | null | undefined): string {
  return state?.edited?.text ?? body.text
}
async function uploadPicture(
  ...[client, group, picture, onProgress, signal]: Parameters<NonNullable<Talk['uploadPicture']>>
): Promise<AnswerOf<typeof uploadImage>> {
  const path = uploadImage.path.replace(':groupId', encodeURIComponent(group.groupId))
  const fit = await fitPicture(picture)
  signal.throwIfAborted()
  return client.upload<AnswerOf<typeof uploadImage>>(path, fit, onProgress, signal)
}
export const talk: Talk = {
  write({ text, mentions, quote }) {
    return {
      card: textMessage,
      body: {
        text,
        ...(mentions.length > 0 ? { mentions } : {}),
        ...(quote ? { quote: { seq: quote.seq } } : {}),
      },
    }
  },
  uploadPicture,
  async writeImage(...picture) {
    const { mediaId, w, h } = await uploadPicture(...picture)
    return { card: imageMessage, body: { mediaId, w, h } }
  },
  textOf(message) {
    if (isText(message)) return textNow(bodyOf(message), stateOf(message))
    return undefined
  },
  mentionsOf(message) {
    if (!isText(message)) return []
    return stateOf(message).edited?.mentions ?? bodyOf(message).mentions ?? []
  },
  canEdit: (message, now) => isText(message) && !message.recalled && now - message.at < editWindowMs,
  async edit(group, message, { text, mentions }) {
    await group.act(textMessage, message.seq, 'edit', {
      text,
      ifEdits: stateOf(message).edits,
      ...(mentions.length > 0 ? { mentions: mentions as never } : {}),
    })
  },
  canReact: (message) => (isText(message) || isImage(message)) && !message.recalled,
  async react(group, message, emoji) {
    const on = !ownReactions(message).includes(emoji)
    if (isText(message)) await group.act(textMessage, message.seq, 'react', { emoji, on })
    else await group.act(imageMessage, message.seq, 'react', { emoji, on })
  },
  reactionsOf(message) {
    if (!isText(message) && !isImage(message)) return []
    const own = ownReactions(message)
    return (stateOf(message).reactions ?? []).map((one) => ({ ...one, own: own.includes(one.emoji), userIds: [] }))
  },
  async reactors(client, group, message, { emoji, cursor }) {
    const { reactors, cursor: next } = await client.call(reactorsOf, {
      params: { groupId: group.groupId as never, seq: message.seq },
      query: { ...(emoji === undefined ? {} : { emoji }), ...(cursor === undefined ? {} : { cursor }) },
    })
    return { items: reactors, cursor: next }
  },
}
function ownReactions(message: { readonly mine?: { readonly body: unknown } }): readonly string[] {
  const body = message.mine?.body as { reactions?: readonly string[] } | null | undefined
  return body?.reactions ?? []
}
