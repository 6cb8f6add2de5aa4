/** Who chose an option of an open poll, page by page. */
import type { GroupId } from '@qun/contract'
import { Avatar, countedPage, MoreBelow, Sheet, usePages, useQun, useText } from '@qun/ui'
import { votersOf } from '../contract.ts'
import type { PollFace } from './face.ts'
import { pollTexts } from './texts.ts'

interface VotersProps extends PollFace {
  readonly option: number
  readonly open: boolean
  readonly onClose: () => void
}
export function VotersSheet({ group, message, state, option, open, onClose }: VotersProps) {
  const { client } = useQun()
  const text = useText()
  const params = { groupId: group.groupId as GroupId, seq: message.seq }
  // Asked anew for each option and each opening; what is shown does not change under the reader.
  const pages = usePages(open ? String(option) : undefined, async (cursor) => {
    const after = Number(cursor ?? 0)
    const { voters, more } = await client.call(votersOf, { params, query: { option, after } })
    return countedPage(voters, after, more)
  })
  return (
    <Sheet open={open} onClose={onClose} title={state.options[option] ?? text(pollTexts.voters)}>
      {pages.done && pages.items.length === 0 && <p className="qun-poll__note">{text(pollTexts.noVoters)}</p>}
      <ul className="qun-poll__voters">
        {pages.items.map((voter) => (
          <li key={voter.userId}>
            <Avatar name={voter.name} avatar={voter.avatar} sizePx={32} />
            <bdi>{voter.name}</bdi>
          </li>
        ))}
      </ul>
      <MoreBelow pages={pages} />
    </Sheet>
  )
}
