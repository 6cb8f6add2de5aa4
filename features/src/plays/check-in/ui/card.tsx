/** The face of a check-in programme: the last seven days, the streak, what is next, and the one button of today. */
import {
  ActionButton,
  CardFrame,
  CardLink,
  CardLinks,
  CheckIcon,
  Dialog,
  MemberName,
  useOpen,
  useServerNow,
  useText,
} from '@qun/ui'
import { makeUpAgeMax, type CheckInMine } from '../contract.ts'
import { localTime, mayMakeUp, zoneOf } from '../rules.ts'
import type { CheckInFace } from './face.ts'
import { BoardSheet } from './board-sheet.tsx'
import { CalendarIcon, FlameIcon } from './icons.tsx'
import { ProofSheet } from './proof-sheet.tsx'
import {
  checkInTexts,
  clockOf,
  makeUpText,
  membersText,
  rewardText,
  streakText,
  todayText,
  totalText,
  windowText,
} from './texts.ts'

const dayMs = 86_400_000
const nothing: CheckInMine = { days: [], madeUp: [], streak: 0, total: 0, reached: [], makeUpsLeft: 0 }

export function CheckInCard(props: CheckInFace) {
  const { body, state, message, group, viewer, act } = props
  const text = useText()
  const now = useServerNow()
  const board = useOpen()
  const ending = useOpen()
  const isOver = state.phase === 'ended' || (body.endsAt !== undefined && now >= body.endsAt)
  const starter = group.get().members.get(message.senderId)
  const mine = props.mine ?? nothing
  const today = localTime(now, zoneOf(body)).day
  const isDone = mine.days.includes(today)
  return (
    <CardFrame
      icon={<CalendarIcon size={16} />}
      kind={text(checkInTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      title={body.title}
      tone={isOver ? 'ended' : isDone ? 'mine' : 'open'}
      foot={
        <>
          <span>{text(todayText(state.today === today ? state.todayCount : 0))}</span>
          <span>{text(membersText(state.memberCount))}</span>
          <span>{text(isOver ? checkInTexts.ended : windowText(clockOf(body.opens), clockOf(body.closes)))}</span>
        </>
      }
      action={!isOver && <Today {...props} today={today} isDone={isDone} />}
    >
      <Progress body={body} mine={mine} />
      <Week {...props} mine={mine} today={today} now={now} isOver={isOver} />
      <CardLinks>
        {body.leaderboard && <CardLink onClick={board.show}>{text(checkInTexts.board)}</CardLink>}
        {!isOver && viewer.role !== 'member' && <CardLink onClick={ending.show}>{text(checkInTexts.end)}</CardLink>}
      </CardLinks>
      <Dialog
        open={ending.open}
        onClose={ending.hide}
        title={checkInTexts.endAsk}
        confirm={checkInTexts.end}
        danger
        onConfirm={() => act('end', {})}
      >
        {text(checkInTexts.endSays)}
      </Dialog>
      <BoardSheet {...props} open={board.open} onClose={board.hide} />
    </CardFrame>
  )
}

function Progress({ body, mine }: { readonly body: CheckInFace['body']; readonly mine: CheckInMine }) {
  const text = useText()
  const value = body.mode === 'consecutive' ? mine.streak : mine.total
  const next = body.milestones.find(({ days }) => !mine.reached.includes(days))
  return (
    <p className="qun-checkin__progress">
      <span className="qun-checkin__flame" data-lit={value > 0 || undefined}>
        <FlameIcon size={22} />
      </span>
      <strong>{text(body.mode === 'consecutive' ? streakText(mine.streak) : totalText(mine.total))}</strong>
      {next !== undefined && <span className="qun-checkin__next">{text(rewardText(next.days, next.points))}</span>}
    </p>
  )
}

interface WeekProps extends CheckInFace {
  readonly mine: CheckInMine
  readonly today: string
  readonly now: number
  readonly isOver: boolean
}
/** The last seven days; a missed one that may be made up is a button. */
function Week({
  body,
  mine,
  act,
  message,
  today,
  now,
  isOver,
}: Omit<WeekProps, 'mine'> & { readonly mine: CheckInMine }) {
  const text = useText()
  const zone = zoneOf(body)
  const days = [6, 5, 4, 3, 2, 1, 0].map((ago) => localTime(now - ago * dayMs, zone).day)
  const left = mine.total === 0 ? body.makeUps : mine.makeUpsLeft
  const missed = days.findLast((day) => mayMakeUp(day, today, localTime(message.at, zone).day, mine.days))
  const mayNow = !isOver && left > 0 && missed !== undefined && mine.total > 0
  return (
    <>
      <ol className="qun-checkin__week">
        {[...new Set(days)].map((day) => {
          const isMade = mine.madeUp.includes(day)
          const isDone = mine.days.includes(day)
          const said = isMade ? checkInTexts.madeUp : isDone ? checkInTexts.checked : checkInTexts.missed
          return (
            <li
              key={day}
              data-done={isDone || undefined}
              data-made={isMade || undefined}
              data-today={day === today || undefined}
            >
              <span aria-hidden>{Number(day.slice(8))}</span>
              <span className="qun-checkin__mark" role="img" aria-label={`${day} ${text(said)}`}>
                {isDone && <CheckIcon size={14} />}
              </span>
            </li>
          )
        })}
      </ol>
      {mayNow && makeUpAgeMax > 0 && (
        <ActionButton tone="quiet" onClick={() => act('make_up', { day: missed })}>
          {text(makeUpText(missed.slice(5), left))}
        </ActionButton>
      )}
    </>
  )
}

function Today(props: CheckInFace & { readonly today: string; readonly isDone: boolean }) {
  const { body, act, isDone } = props
  const text = useText()
  const proof = useOpen()
  if (isDone)
    return (
      <p className="qun-checkin__done">
        <CheckIcon size={18} />
        {text(checkInTexts.done)}
      </p>
    )
  if (body.proof === 'none')
    return (
      <ActionButton wide onClick={() => act('check', {})}>
        {text(checkInTexts.check)}
      </ActionButton>
    )
  return (
    <>
      <ActionButton wide onClick={proof.show}>
        {text(checkInTexts.check)}
      </ActionButton>
      <ProofSheet {...props} open={proof.open} onClose={proof.hide} />
    </>
  )
}
