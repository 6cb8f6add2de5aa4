/** Who chose an option of an open poll, page by page. */
import type { GroupId } from '@qun/contract'
import { ActionButton, Avatar, problemText, Sheet, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { votersOf } from '../contract.ts'
import type { PollFace } from './card.tsx'
import { pollTexts } from './texts.ts'

interface Voter {
  readonly userId: string
  readonly name: string
  readonly avatar: string
}
interface VotersProps extends PollFace {
  readonly option: number
  readonly open: boolean
  readonly onClose: () => void
}
export function VotersSheet({ group, message, state, option, open, onClose }: VotersProps) {
  const { client, toast } = useQun()
  const text = useText()
  const [voters, setVoters] = useState<readonly Voter[]>([])
  const [more, setMore] = useState(false)
  const load = async (before: readonly Voter[]) => {
    const answer = await client.call(votersOf, {
      params: { groupId: group.groupId as GroupId, seq: message.seq },
      query: { option, after: before.length },
    })
    setVoters([...before, ...answer.voters])
    setMore(answer.more)
  }
  useEffect(() => {
    if (!open) return
    setVoters([])
    load([]).catch((error: unknown) => toast(problemText(error), 'danger'))
    // Asked anew for each option and each opening; what is shown does not change under the reader.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [open, option])
  return (
    <Sheet open={open} onClose={onClose} title={state.options[option] ?? text(pollTexts.voters)}>
      {voters.length === 0 && <p className="qun-poll__note">{text(pollTexts.noVoters)}</p>}
      <ul className="qun-poll__voters">
        {voters.map((voter) => (
          <li key={voter.userId}>
            <Avatar name={voter.name} avatar={voter.avatar} sizePx={32} />
            <bdi>{voter.name}</bdi>
          </li>
        ))}
      </ul>
      {more && (
        <ActionButton wide tone="quiet" onClick={() => load(voters)}>
          {text(pollTexts.more)}
        </ActionButton>
      )}
    </Sheet>
  )
}
