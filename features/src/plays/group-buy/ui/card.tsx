/** The face of a group buy: prices, the open teams, the viewer's own team or place, and the one thing to do next. */
import {
  ActionButton,
  CardFrame,
  CardLink,
  CardNote,
  CardPicture,
  Countdown,
  MemberName,
  Money,
  moneyText,
  Stepper,
  useOpen,
  useServerNow,
  useText,
} from '@qun/ui'
import { useState } from 'react'
import { authorisedFen, firstStep } from '../rules.ts'
import type { BuyFace } from './face.ts'
import { BuyDetails } from './details-sheet.tsx'
import { TeamIcon } from './icon.tsx'
import { HeldPlace, MyTeam } from './my-team.tsx'
import { TeamRow } from './team-row.tsx'
import { TeamsSheet } from './teams-sheet.tsx'
import {
  allTeamsText,
  boughtText,
  buyTexts,
  doneText,
  leftText,
  limitText,
  refundedText,
  sizeText,
  startText,
  stepText,
} from './texts.ts'

/** Teams of others a card has room for; a sheet shows all. */
const teamsOnCard = 2

export function GroupBuyCard(props: BuyFace) {
  const { body, state, mine, message, group } = props
  const text = useText()
  const now = useServerNow()
  const details = useOpen()
  const isOver = state.phase !== 'on' || now >= body.endsAt
  const place = mine?.place ?? undefined
  const isIn = place !== undefined && (place.status === 'paid' || now < place.until)
  const starter = group.get().members.get(message.senderId)
  const tone = state.phase === 'cancelled' ? 'cancelled' : isIn ? 'mine' : isOver ? 'ended' : 'open'
  return (
    <>
      <CardFrame
        icon={<TeamIcon size={16} />}
        kind={text(buyTexts.kind)}
        {...(starter && { starter: <MemberName member={starter} /> })}
        title={body.title}
        tone={tone}
        foot={<Foot {...props} isOver={isOver} />}
        action={<Action {...props} isOver={isOver} isIn={isIn} />}
      >
        <CardPicture className="qun-buy__image" src={body.image} />
        <Prices {...props} />
        {state.phase === 'cancelled' && (
          <CardNote tone="warn">
            {text(buyTexts.reason)}：{state.cancelled?.reason}
          </CardNote>
        )}
        {state.void === true && <CardNote tone="warn">{text(buyTexts.void)}</CardNote>}
        <Outcome {...props} />
        {isIn && place.status === 'paid' && <MyTeam {...props} />}
        {!isOver && !(isIn && place.status === 'paid') && <OpenTeams {...props} isIn={isIn} />}
        <CardLink onClick={details.show}>{text(buyTexts.details)}</CardLink>
      </CardFrame>
      <BuyDetails {...props} open={details.open} onClose={details.hide} />
    </>
  )
}

function Prices({ body }: BuyFace) {
  const text = useText()
  const first = firstStep(body.ladder)
  return (
    <>
      <p className="qun-buy__prices">
        <strong className="qun-buy__price">
          <Money fen={first.priceFen} />
        </strong>
        <span className="qun-buy__tag">{text(sizeText(first.size))}</span>
        {body.singlePriceFen !== undefined && (
          <span className="qun-buy__single">
            {text(buyTexts.single)} <Money fen={body.singlePriceFen} />
          </span>
        )}
      </p>
      {body.ladder.length > 1 && (
        <ol className="qun-buy__ladder">
          {body.ladder.map((step) => (
            <li key={step.size}>{text(stepText(step.size, moneyText(step.priceFen)))}</li>
          ))}
        </ol>
      )}
    </>
  )
}
function Outcome({ mine }: BuyFace) {
  const text = useText()
  const outcome = mine?.place === null ? mine.outcome : undefined
  if (outcome === undefined || mine === undefined) return null
  const price = moneyText(outcome.amountFen)
  return outcome.what === 'completed' ? (
    <CardNote tone="ok">{text(boughtText(mine.boughtCount, price))}</CardNote>
  ) : (
    <CardNote>{text(refundedText(price))}</CardNote>
  )
}

function OpenTeams(props: BuyFace & { readonly isIn: boolean }) {
  const { body, state, act, group, isIn } = props
  const text = useText()
  const now = useServerNow()
  const all = useOpen()
  const teams = state.teams.filter((team) => now < team.until)
  const mayJoin = !isIn && state.left !== 0 && mayBuy(props)
  if (teams.length === 0) return <p className="qun-buy__hint">{text(buyTexts.noTeams)}</p>
  const join = (teamNo: number) => (mayJoin ? () => act('join', { teamNo, quantity: 1 }) : undefined)
  return (
    <>
      <ul className="qun-buy__teams" aria-label={text(buyTexts.teams)}>
        {teams.slice(0, teamsOnCard).map((team) => (
          <TeamRow key={team.teamNo} team={team} ladder={body.ladder} group={group} join={join(team.teamNo)} />
        ))}
      </ul>
      {state.openCount > teamsOnCard && <CardLink onClick={all.show}>{text(allTeamsText(state.openCount))}</CardLink>}
      <TeamsSheet {...props} open={all.open} onClose={all.hide} join={join} />
    </>
  )
}
const mayBuy = ({ body, mine }: BuyFace): boolean => (mine?.boughtCount ?? 0) < body.perMember

function Foot({ body, state, isOver }: BuyFace & { readonly isOver: boolean }) {
  const text = useText()
  return (
    <>
      <span>{text(state.completedCount > 0 ? doneText(state.completedCount) : limitText(body.perMember))}</span>
      {state.left !== undefined && !isOver && <span>{text(leftText(state.left))}</span>}
      {isOver ? <span>{text(buyTexts.ended)}</span> : <Countdown until={body.endsAt} />}
    </>
  )
}

function Action(props: BuyFace & { readonly isOver: boolean; readonly isIn: boolean }) {
  const { body, state, mine, act, isOver, isIn } = props
  const text = useText()
  const [wanted, setWanted] = useState(1)
  if (isIn) return mine?.place?.status === 'held' ? <HeldPlace {...props} /> : null
  if (isOver) return null
  if (state.left === 0)
    return (
      <p className="qun-buy__note">
        {text(buyTexts.soldOut)} · {text(buyTexts.mayReturn)}
      </p>
    )
  if (!mayBuy(props)) return <p className="qun-buy__note">{text(limitText(body.perMember))}</p>
  const max = Math.min(body.perMember - (mine?.boughtCount ?? 0), state.left ?? body.perMember)
  const quantity = Math.min(wanted, max)
  return (
    <div className="qun-buy__action">
      {max > 1 && <Stepper value={quantity} max={max} onChange={setWanted} />}
      <ActionButton wide onClick={() => act('start', { quantity })}>
        {text(startText(moneyText(authorisedFen(body.ladder, quantity))))}
      </ActionButton>
    </div>
  )
}
