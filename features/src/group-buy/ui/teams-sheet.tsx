/** All open teams, page by page. */
import { ActionButton, Sheet, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { teamsOf, type Team } from '../contract.ts'
import type { BuyFace } from './card.tsx'
import { TeamRow } from './team-row.tsx'
import { allTeamsText, buyTexts } from './texts.ts'

const pageSize = 30

type Props = BuyFace & {
  readonly open: boolean
  readonly onClose: () => void
  readonly join: (teamNo: number) => (() => Promise<void>) | undefined
}
export function TeamsSheet({ body, state, group, message, open, onClose, join }: Props) {
  const { client } = useQun()
  const text = useText()
  const [teams, setTeams] = useState<readonly Team[]>([])
  const load = async (after: number) => {
    const params = { groupId: group.groupId as never, seq: message.seq }
    const page = await client.call(teamsOf, { params, query: { after, limit: pageSize } })
    setTeams((before) => [...before.filter((team) => team.teamNo <= after), ...page.teams])
  }
  useEffect(() => {
    // What cannot be loaded leaves the teams the card shows.
    if (open) load(0).catch(() => setTeams(state.teams))
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [open])
  const last = teams.at(-1)?.teamNo ?? 0
  return (
    <Sheet open={open} onClose={onClose} title={allTeamsText(state.openCount)}>
      <ul className="qun-buy__teams" aria-label={text(buyTexts.teams)}>
        {teams.map((team) => {
          const take = join(team.teamNo)
          return (
            <TeamRow
              key={team.teamNo}
              team={state.teams.find((shown) => shown.teamNo === team.teamNo) ?? team}
              ladder={body.ladder}
              group={group}
              join={take && (() => take().then(onClose))}
            />
          )
        })}
      </ul>
      {teams.length > 0 && teams.length < state.openCount && (
        <ActionButton wide tone="quiet" onClick={() => load(last)}>
          {text(buyTexts.showMore)}
        </ActionButton>
      )}
    </Sheet>
  )
}
