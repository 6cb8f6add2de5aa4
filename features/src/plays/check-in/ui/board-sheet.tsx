/** Members by days, most first, page by page. */
import type { GroupId } from '@qun/contract'
import { Avatar, countedPage, MoreBelow, Sheet, usePages, useQun, useText } from '@qun/ui'
import { boardOf } from '../contract.ts'
import type { CheckInFace } from './face.ts'
import { checkInTexts, totalText } from './texts.ts'

interface BoardProps extends CheckInFace {
  readonly open: boolean
  readonly onClose: () => void
}
export function BoardSheet({ group, message, open, onClose }: BoardProps) {
  const { client } = useQun()
  const text = useText()
  const params = { groupId: group.groupId as GroupId, seq: message.seq }
  // Asked anew at each opening; what is shown does not change under the reader.
  const pages = usePages(open ? 'board' : undefined, async (cursor) => {
    const after = Number(cursor ?? 0)
    const { standings, more } = await client.call(boardOf, { params, query: { after } })
    return countedPage(standings, after, more)
  })
  const members = group.get().members
  return (
    <Sheet open={open} onClose={onClose} title={text(checkInTexts.board)}>
      {pages.done && pages.items.length === 0 && <p className="qun-checkin__done">{text(checkInTexts.nobody)}</p>}
      <ol className="qun-checkin__board">
        {pages.items.map(({ userId, name, days }, at) => (
          <li key={userId}>
            <span className="qun-checkin__place">{at + 1}</span>
            <Avatar name={name} avatar={members.get(userId)?.avatar ?? ''} sizePx={32} />
            <bdi>{name}</bdi>
            <span className="qun-checkin__days">{text(totalText(days))}</span>
          </li>
        ))}
      </ol>
      <MoreBelow pages={pages} />
    </Sheet>
  )
}
