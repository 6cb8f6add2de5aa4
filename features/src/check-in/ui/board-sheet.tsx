/** Members by days, most first, page by page. */
import type { GroupId } from '@qun/contract'
import { ActionButton, Avatar, problemText, Sheet, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { boardOf } from '../contract.ts'
import type { CheckInFace } from './card.tsx'
import { checkInTexts, totalText } from './texts.ts'

interface BoardProps extends CheckInFace {
  readonly open: boolean
  readonly onClose: () => void
}
type Standings = CheckInFace['state']['top']

export function BoardSheet({ group, message, open, onClose }: BoardProps) {
  const { client, toast } = useQun()
  const text = useText()
  const [standings, setStandings] = useState<Standings>([])
  const [more, setMore] = useState(false)
  const load = async (before: Standings) => {
    const answer = await client.call(boardOf, {
      params: { groupId: group.groupId as GroupId, seq: message.seq },
      query: { after: before.length },
    })
    setStandings([...before, ...answer.standings])
    setMore(answer.more)
  }
  useEffect(() => {
    if (open) load([]).catch((error: unknown) => toast(problemText(error), 'danger'))
    // Asked anew at each opening; what is shown does not change under the reader.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [open])
  const members = group.get().members
  return (
    <Sheet open={open} onClose={onClose} title={text(checkInTexts.board)}>
      {standings.length === 0 && <p className="qun-checkin__done">{text(checkInTexts.nobody)}</p>}
      <ol className="qun-checkin__board">
        {standings.map(({ userId, name, days }, at) => (
          <li key={userId}>
            <span className="qun-checkin__place">{at + 1}</span>
            <Avatar name={name} avatar={members.get(userId)?.avatar ?? ''} sizePx={32} />
            <bdi>{name}</bdi>
            <span className="qun-checkin__days">{text(totalText(days))}</span>
          </li>
        ))}
      </ol>
      {more && (
        <ActionButton wide tone="quiet" onClick={() => load(standings)}>
          {text(checkInTexts.more)}
        </ActionButton>
      )}
    </Sheet>
  )
}
