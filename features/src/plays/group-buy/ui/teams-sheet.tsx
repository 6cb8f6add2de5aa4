/** All open teams, page by page. */
import type { GroupId } from '@qun/contract'
import { MoreBelow, Sheet, usePages, useQun, useText } from '@qun/ui'
import { teamsOf } from '../contract.ts'
import type { BuyFace } from './face.ts'
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
  const params = { groupId: group.groupId as GroupId, seq: message.seq }
  const pages = usePages(open ? 'teams' : undefined, async (cursor) => {
    const { teams } = await client.call(teamsOf, { params, query: { after: Number(cursor ?? 0), limit: pageSize } })
    return { items: teams, cursor: teams.length < pageSize ? null : String(teams.at(-1)?.teamNo ?? 0) }
  })
  // Until they come, and where they cannot be loaded, the teams the card shows.
  const teams = pages.items.length > 0 ? pages.items : state.teams
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
      <MoreBelow pages={pages} />
    </Sheet>
  )
}
