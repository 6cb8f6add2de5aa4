/** The viewer's own part: a place that waits to be paid, or the team they are in, with what brings it further. */
import { ActionButton, CardLink, CheckoutLink, Countdown, Dialog, moneyText, useOpen, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { teamsOf, type Team } from '../contract.ts'
import { authorisedFen, firstStep, isAlone, stepAfter, stepAt } from '../rules.ts'
import type { BuyFace } from './face.ts'
import { TeamFaces } from './team-row.tsx'
import { buyTexts, inviteText, missingTeamText, nextStepText, payText } from './texts.ts'

export function HeldPlace({ body, mine, act, group, message }: BuyFace) {
  const text = useText()
  const place = mine?.place
  if (!place) return null
  const { url } = body
  const asked = { kind: 'group-buy', id: place.placeId, groupId: group.groupId, seq: message.seq }
  const price = moneyText(authorisedFen(body.ladder, place.quantity))
  return (
    <div className="qun-buy__action">
      <p className="qun-buy__note">
        <strong>{text(buyTexts.held)}</strong> <Countdown until={place.until} />
      </p>
      {url === undefined ? (
        <p className="qun-buy__note">
          {text(buyTexts.payHint)} · {price}
        </p>
      ) : (
        <CheckoutLink {...{ url, asked }} name="place">
          {text(payText(price))}
        </CheckoutLink>
      )}
      <ActionButton wide tone="quiet" onClick={() => act('release', {})}>
        {text(buyTexts.release)}
      </ActionButton>
    </div>
  )
}

/** The own team as the card shows it; when it is further down the list, as the server has it. */
function useOwnTeam({ state, mine, group, message }: BuyFace): Team | undefined {
  const { client } = useQun()
  const teamNo = mine?.place?.teamNo ?? 0
  const shown = state.teams.find((team) => team.teamNo === teamNo)
  const [asked, setAsked] = useState<Team>()
  const isHidden = shown === undefined && teamNo > 0
  const { version } = message
  useEffect(() => {
    if (!isHidden) return
    const params = { groupId: group.groupId as never, seq: message.seq }
    client
      .call(teamsOf, { params, query: { after: teamNo - 1, limit: 1 } })
      .then(({ teams }) => setAsked(teams[0]))
      // The card goes on without it; the next change asks again.
      .catch(() => undefined)
  }, [client, group.groupId, message.seq, version, teamNo, isHidden])
  return shown ?? (asked?.teamNo === teamNo ? asked : undefined)
}
export function MyTeam(props: BuyFace) {
  const { body, mine, viewer, group, act } = props
  const text = useText()
  const team = useOwnTeam(props)
  const leaving = useOpen()
  if (team === undefined) return null
  const { ladder } = body
  const next = stepAfter(ladder, team.paidCount)
  const reached = stepAt(ladder, team.paidCount)
  const missing = (next?.size ?? team.paidCount) - team.paidCount
  const mayLeave = mine?.place?.status === 'paid' && team.leaderId === viewer.userId && isAlone(team)
  return (
    <section className="qun-buy__mine" aria-label={text(buyTexts.myTeam)}>
      <TeamFaces team={team} ladder={ladder} group={group} sizePx={36} most={5} />
      <p className="qun-buy__missing">
        {reached !== undefined && <strong className="qun-buy__secured">{text(buyTexts.secured)} </strong>}
        {next !== undefined &&
          text(reached === undefined ? missingTeamText(missing) : nextStepText(missing, moneyText(next.priceFen)))}
      </p>
      <Countdown until={team.until} over={text(buyTexts.ended)} />
      <Invite title={body.title ?? ''} price={moneyText((next ?? firstStep(ladder)).priceFen)} missing={missing} />
      {mayLeave && <CardLink onClick={leaving.show}>{text(buyTexts.withdraw)}</CardLink>}
      <Dialog
        open={leaving.open}
        onClose={leaving.hide}
        title={buyTexts.withdrawAsk}
        confirm={buyTexts.withdraw}
        danger
        onConfirm={() => act('withdraw', {})}
      >
        <p>{text(buyTexts.withdrawHint)}</p>
      </Dialog>
    </section>
  )
}
/** By the device's own way to share; where it has none, the words are copied. */
function Invite({
  title,
  price,
  missing,
}: {
  readonly title: string
  readonly price: string
  readonly missing: number
}) {
  const text = useText()
  const { toast } = useQun()
  const invite = async () => {
    const words = text(inviteText(title, price, missing))
    if ('share' in navigator) {
      // Closing the device's sheet is no failure.
      await navigator.share({ text: words }).catch(() => undefined)
      return
    }
    await (navigator as Navigator).clipboard.writeText(words)
    toast(buyTexts.invited)
  }
  return (
    <ActionButton wide onClick={invite}>
      {text(buyTexts.invite)}
    </ActionButton>
  )
}
