/** The reactions under a message, and the sheet of who reacted. Knows no kind: the feature of plain messages speaks. */
import type { ViewMessage } from '@qun/sdk'
import { useRef, useState } from 'react'
import { Avatar } from '../parts/avatar.tsx'
import type { ReactionChip } from '../card-ui.ts'
import { memberOf, useChat } from '../chat-context.tsx'
import { useLongPress } from '../parts/hooks.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { MoreBelow, usePages } from '../parts/pages.tsx'
import { problemText } from '../parts/problem.ts'
import { useQun, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'

export function Reactions({ message }: { readonly message: ViewMessage }) {
  const { talk, viewerId } = useQun()
  const chips = talk?.reactionsOf?.(message, viewerId) ?? []
  if (chips.length === 0) return null
  return (
    <div className="qun-reactions">
      {chips.map((chip) => (
        <Chip key={chip.emoji} message={message} chip={chip} />
      ))}
    </div>
  )
}
/** A tap adds or takes back one's own; holding it, or a right click, shows who reacted. */
function Chip({ message, chip }: { readonly message: ViewMessage; readonly chip: ReactionChip }) {
  const { talk, viewerId, toast } = useQun()
  const { group, view, showReactors } = useChat()
  const words = useWords()
  const held = useRef(false)
  const show = () => talk?.reactors && showReactors(message, chip.emoji)
  const press = useLongPress(() => {
    held.current = true
    show()
  })
  const may = (talk?.canReact?.(message) ?? false) && view.group?.disbandedAt === undefined
  const tap = () => {
    if (!may) return show()
    talk?.react?.(group, message, chip.emoji, viewerId).catch((error: unknown) => toast(problemText(error), 'danger'))
  }
  return (
    <button
      type="button"
      className={chip.own ? 'qun-chip qun-chip--own' : 'qun-chip'}
      aria-pressed={chip.own}
      aria-label={words('message.reacted', { emoji: chip.emoji, n: chip.count })}
      title={chip.userIds.map((id) => memberOf(view, id).name).join('、') || undefined}
      {...press}
      onPointerDown={(down) => {
        held.current = false
        press.onPointerDown(down)
      }}
      // The finger that held the chip lets go of it; a keyboard never holds.
      onClick={(click) => (held.current && click.detail > 0 ? undefined : tap())}
    >
      <span className="qun-chip__emoji">{chip.emoji}</span>
      <span className="qun-chip__count">{chip.count}</span>
    </button>
  )
}

export interface Reacted {
  readonly message: ViewMessage
  readonly emoji: string | undefined
}
/** Closed when `shown` is undefined. */
export function ReactorsSheet(props: { readonly shown: Reacted | undefined; readonly onClose: () => void }) {
  const { shown, onClose } = props
  return (
    <Sheet open={shown !== undefined} onClose={onClose} title={texts['message.reactorsTitle']}>
      {shown && <ReactorList key={shown.message.seq} shown={shown} onClose={onClose} />}
    </Sheet>
  )
}
function ReactorList({ shown, onClose }: { readonly shown: Reacted; readonly onClose: () => void }) {
  const { client, talk, viewerId } = useQun()
  const { group, view, openMember } = useChat()
  const words = useWords()
  const [emoji, setEmoji] = useState(shown.emoji)
  // Counts go on changing while the sheet is open.
  const message = view.messages.find((one) => one.seq === shown.message.seq) ?? shown.message
  const chips = talk?.reactionsOf?.(message, viewerId) ?? []
  const counted = chips.map((chip) => `${chip.emoji}${chip.count}`).join(' ')
  const pages = usePages(`${emoji ?? '*'} ${counted}`, async (cursor) => {
    if (!talk?.reactors) return { items: [], cursor: null }
    return talk.reactors(client, group, message, { emoji, cursor })
  })
  return (
    <>
      <div className="qun-reactorpicks">
        <Pick label={words('message.reactorsAll')} chosen={emoji === undefined} pick={() => setEmoji(undefined)} />
        {chips.map((chip) => (
          <Pick
            key={chip.emoji}
            label={`${chip.emoji} ${chip.count}`}
            chosen={emoji === chip.emoji}
            pick={() => setEmoji(chip.emoji)}
          />
        ))}
      </div>
      <ul className="qun-memberlist">
        {pages.items.map((one) => (
          <li key={`${one.userId} ${one.emoji}`}>
            <button
              type="button"
              className="qun-pagerow"
              // Somebody who left long ago may have no profile any more.
              disabled={!view.members.has(one.userId)}
              onClick={() => (onClose(), openMember(one.userId))}
            >
              <Avatar name={one.name} avatar={memberOf(view, one.userId).avatar} sizePx={40} />
              <bdi className="qun-name__text">{one.name}</bdi>
              <span className="qun-memberlist__mark">{one.emoji}</span>
            </button>
          </li>
        ))}
      </ul>
      <MoreBelow pages={pages} />
    </>
  )
}
function Pick(props: { readonly label: string; readonly chosen: boolean; readonly pick: () => void }) {
  return (
    <button
      type="button"
      className={props.chosen ? 'qun-chip qun-chip--own' : 'qun-chip'}
      aria-pressed={props.chosen}
      onClick={props.pick}
    >
      {props.label}
    </button>
  )
}
