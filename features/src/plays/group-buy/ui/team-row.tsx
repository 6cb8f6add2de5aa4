/** A team at a glance: who is in it, which places are free, how long it has; and the way in. */
import type { GroupHandle } from '@qun/sdk'
import { ActionButton, Avatar, Countdown, useText } from '@qun/ui'
import type { Step, Team } from '../contract.ts'
import { capacityOf, firstStep, stepAfter } from '../rules.ts'
import { buyTexts, missingText, teamOfText } from './texts.ts'

interface FacesProps {
  readonly team: Team
  readonly ladder: readonly Step[]
  readonly group: GroupHandle
  readonly sizePx: number
  /** Circles beside each other that there is room for. */
  readonly most: number
}
/** Faces of those who paid, a clock for those who are paying, dashed circles for free places. */
export function TeamFaces({ team, ladder, group, sizePx, most }: FacesProps) {
  const text = useText()
  const { members } = group.get()
  const goal = Math.max(stepAfter(ladder, team.paidCount)?.size ?? capacityOf(ladder), firstStep(ladder).size)
  const shown = Math.min(goal, most)
  const faces = team.faces.slice(0, team.paidCount > shown ? shown - 1 : shown)
  const held = Math.min(team.heldCount, shown - faces.length)
  const free = Math.max(0, shown - faces.length - held - (goal > most ? 1 : 0))
  const rest = goal - faces.length - held - free
  return (
    <span className="qun-team__faces" aria-hidden="true">
      {faces.map((userId) => {
        const member = members.get(userId)
        const name = member?.name ?? (userId === team.leaderId ? team.leaderName : userId)
        return <Avatar key={userId} name={name} avatar={member?.avatar ?? ''} sizePx={sizePx} />
      })}
      {Array.from({ length: held }, (_, at) => (
        // oxlint-disable-next-line react/no-array-index-key
        <span key={`held-${at}`} className="qun-team__free qun-team__free--held" title={text(buyTexts.paying)}>
          …
        </span>
      ))}
      {Array.from({ length: free }, (_, at) => (
        // oxlint-disable-next-line react/no-array-index-key
        <span key={`free-${at}`} className="qun-team__free">
          +
        </span>
      ))}
      {rest > 0 && <span className="qun-team__rest">+{rest}</span>}
    </span>
  )
}

interface RowProps {
  readonly team: Team
  readonly ladder: readonly Step[]
  readonly group: GroupHandle
  /** Absent where the viewer may not join. */
  readonly join?: (() => Promise<void>) | undefined
}
export function TeamRow({ team, ladder, group, join }: RowProps) {
  const text = useText()
  const missing = (stepAfter(ladder, team.paidCount)?.size ?? capacityOf(ladder)) - team.paidCount
  const isFull = team.paidCount + team.heldCount >= capacityOf(ladder)
  const name = group.get().members.get(team.leaderId)?.name ?? team.leaderName
  return (
    <li className="qun-team__row">
      <TeamFaces team={team} ladder={ladder} group={group} sizePx={28} most={3} />
      <span className="qun-team__words">
        <bdi className="qun-team__name">{text(teamOfText(name))}</bdi>
        <span className="qun-team__state">
          <span className="qun-team__missing">{text(isFull ? buyTexts.paying : missingText(missing))}</span>
          <Countdown until={team.until} over={text(buyTexts.ended)} />
        </span>
      </span>
      {join !== undefined && !isFull && (
        <ActionButton label={`${text(buyTexts.joinTeam)}: ${text(teamOfText(name))}`} onClick={join}>
          {text(buyTexts.joinTeam)}
        </ActionButton>
      )}
    </li>
  )
}
