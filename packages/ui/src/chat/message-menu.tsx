/** What can be done with a message: the menu at a long-pressed bubble. */
import type { ViewMessage } from '@qun/sdk'
import { useState } from 'react'
import { mayRecall, memberOf, useChat } from '../chat-context.tsx'
import { quickEmojis } from '../compose/emoji.ts'
import { CopyIcon, EditIcon, EmojiIcon, QuoteIcon, RecallIcon, TrashIcon } from '../parts/icons.tsx'
import type { MenuChoice } from '../parts/overlay-props.ts'
import { Dialog, MenuAt } from '../parts/overlay.tsx'
import { problemText } from '../parts/problem.ts'
import { useQun, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'

export interface MenuTarget {
  readonly message: ViewMessage
  readonly anchor: HTMLElement
}
export function MessageMenu({
  target,
  onClose,
}: {
  readonly target: MenuTarget | undefined
  readonly onClose: () => void
}) {
  const { talk, viewerId, toast } = useQun()
  const { group } = useChat()
  const words = useWords()
  const [hiding, setHiding] = useState<ViewMessage>()
  const choices = useChoices(target?.message, setHiding)
  const message = target?.message
  const reactable = message && talk?.react && (talk.canReact?.(message) ?? true)
  const react = (emoji: string) => {
    if (message)
      void talk?.react?.(group, message, emoji, viewerId).catch((error: unknown) => toast(problemText(error), 'danger'))
  }
  const pickOf = (emoji: string) => ({
    label: words('message.react', { emoji }),
    face: emoji,
    run: () => react(emoji),
  })
  return (
    <>
      <MenuAt
        anchor={target?.anchor}
        label={words('message.menu')}
        choices={choices}
        onClose={onClose}
        picks={reactable ? quickEmojis.map((emoji) => pickOf(emoji)) : []}
      />
      <Dialog
        open={hiding !== undefined}
        onClose={() => setHiding(undefined)}
        title={texts['message.hideTitle']}
        confirm={texts['message.discard']}
        danger
        onConfirm={async () => {
          if (hiding) await group.hide(hiding.seq)
        }}
      >
        {words('message.hideBody')}
      </Dialog>
    </>
  )
}
function useChoices(message: ViewMessage | undefined, hide: (message: ViewMessage) => void): MenuChoice[] {
  const { client, viewerId, talk, toast } = useQun()
  const { group, view, viewer, quote, edit, recalledTexts, showReactors } = useChat()
  const words = useWords()
  if (!message) return []
  const text = talk?.textOf(message)
  const own = message.senderId === viewer.userId
  const closed = view.group?.disbandedAt !== undefined
  const recall = async () => {
    try {
      await group.recall(message.seq)
      if (own && text !== undefined) recalledTexts.set(message.seq, text)
    } catch (error) {
      toast(problemText(error), 'danger')
    }
  }
  const copy = async () => {
    await navigator.clipboard.writeText(text ?? '')
    toast(texts['message.copied'], 'ok')
  }
  const choices: (MenuChoice | false)[] = [
    text !== undefined && {
      name: 'copy',
      label: words('message.copy'),
      icon: <CopyIcon size={20} />,
      run: () => void copy(),
    },
    !closed && {
      name: 'quote',
      label: words('message.quote'),
      icon: <QuoteIcon size={20} />,
      run: () => quote(message),
    },
    talk?.reactors !== undefined &&
      (talk.reactionsOf?.(message, viewerId).length ?? 0) > 0 && {
        name: 'reactors',
        label: words('message.reactors'),
        icon: <EmojiIcon size={20} />,
        run: () => showReactors(message),
      },
    !closed &&
      own &&
      (talk?.canEdit?.(message, client.serverNow()) ?? false) && {
        name: 'edit',
        label: words('message.edit'),
        icon: <EditIcon size={20} />,
        run: () => edit(message),
      },
    !closed &&
      mayRecall(message, viewer, memberOf(view, message.senderId).role, client.serverNow()) && {
        name: 'recall',
        label: words('message.recall'),
        icon: <RecallIcon size={20} />,
        run: () => void recall(),
      },
    {
      name: 'hide',
      label: words('message.hide'),
      icon: <TrashIcon size={20} />,
      danger: true,
      run: () => hide(message),
    },
  ]
  return choices.filter((choice) => choice !== false)
}
