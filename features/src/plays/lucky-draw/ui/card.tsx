/** The face of a lucky draw in every state; the server's state decides, this only shows it. */
import type { GroupId } from '@qun/contract'
import {
  ActionButton,
  Avatar,
  CardFrame,
  CardLink,
  CardNote,
  CheckIcon,
  Countdown,
  GiftIcon,
  MemberName,
  useOpen,
  useServerNow,
  useText,
} from '@qun/ui'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import type { Prize, Winner } from '../contract.ts'
import type { DrawFace } from './face.ts'
import { DrawDetails } from './details-sheet.tsx'
import { afterTexts, redrawnText } from './texts-after.ts'
import { beaconTexts } from './texts-beacon.ts'
import {
  drawTexts,
  entryCountText,
  moreWinnersText,
  myNumberText,
  prizeQuantityText,
  unclaimedText,
  winnersText,
  wonText,
} from './texts.ts'

/** Loaded when somebody first checks a result. */
const ProofSheet = lazy(async () => ({ default: (await import('./proof-sheet.tsx')).ProofSheet }))

/** Winners a card has room for; the proof shows all. */
const winnersOnCard = 6

export function LuckyDrawCard(props: DrawFace) {
  const { body, state, mine, message, group } = props
  const text = useText()
  const details = useOpen()
  const proof = useOpen()
  // Stays once opened, so that closing is seen.
  const [checking, setChecking] = useState(false)
  const showProof = () => {
    setChecking(true)
    proof.show()
  }
  const starter = group.get().members.get(message.senderId)
  const won = state.phase === 'drawn' && mine?.prize !== undefined && mine.isLapsed !== true
  const tone =
    state.phase === 'cancelled' ? 'cancelled' : state.phase === 'drawn' && !won ? 'ended' : mine ? 'mine' : 'open'
  return (
    <>
      <CardFrame
        icon={<GiftIcon size={16} />}
        kind={text(drawTexts.kind)}
        {...(starter && { starter: <MemberName member={starter} /> })}
        title={body.title}
        tone={tone}
        foot={<Foot {...props} />}
        action={<Action {...props} showProof={showProof} />}
      >
        {state.phase === 'drawn' ? <Result {...props} /> : <PrizeList prizes={body.prizes} />}
        {state.awaitsBeaconSince !== undefined && <CardNote tone="warn">{text(beaconTexts.awaiting)}</CardNote>}
        {state.phase === 'cancelled' && (
          <CardNote tone="warn">
            {text(drawTexts.cancelled)}：{state.cancelled?.reason}
          </CardNote>
        )}
        <CardLink onClick={details.show}>{text(drawTexts.details)}</CardLink>
      </CardFrame>
      <DrawDetails {...props} open={details.open} onClose={details.hide} />
      {checking && (
        <Suspense>
          <ProofSheet
            open={proof.open}
            onClose={proof.hide}
            groupId={group.groupId as GroupId}
            seq={message.seq}
            commit={state.commit}
            listHash={state.listHash}
            prizes={body.prizes}
            own={mine && { userId: props.viewer.userId, entryNo: mine.entryNo }}
          />
        </Suspense>
      )}
    </>
  )
}

export function PrizeList({ prizes }: { readonly prizes: readonly Prize[] }) {
  const text = useText()
  return (
    <ul className="qun-draw__prizes">
      {prizes.map((prize, at) => (
        // Prizes are fixed when posted; their place is their identity.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={at} className="qun-draw__prize">
          <span className="qun-draw__prizename">{prize.name}</span>
          <span className="qun-draw__quantity">{text(prizeQuantityText(prize.quantity))}</span>
        </li>
      ))}
    </ul>
  )
}

const staffBadges: ReadonlySet<string> = new Set(['merchant', 'staff', 'creator', 'bot', 'official'])
/** Whoever runs the group or speaks for the shop may not enter: the card does not offer it to them. */
function mayEnter({ viewer, group }: DrawFace): boolean {
  const badge = group.get().members.get(viewer.userId)?.badge ?? null
  return viewer.role === 'member' && (badge === null || !staffBadges.has(badge))
}

function Foot({ body, state }: DrawFace) {
  const text = useText()
  const now = useServerNow()
  const count = <span>{text(entryCountText(state.entryCount))}</span>
  const closesAt = body.closesAt ?? body.drawsAt ?? 0
  if (state.phase === 'drawn')
    return (
      <>
        <span>{text(entryCountText(state.entryCount))}</span>
        <span>{text(drawTexts.drawn)}</span>
      </>
    )
  if (state.phase === 'cancelled') return count
  if (state.phase === 'open' && now < closesAt)
    return (
      <>
        {count}
        <Countdown until={closesAt} />
      </>
    )
  return (
    <>
      {count}
      <span>
        {text(drawTexts.drawsIn)} <Countdown until={body.drawsAt ?? 0} over={text(drawTexts.drawing)} />
      </span>
    </>
  )
}

function Action(props: DrawFace & { readonly showProof: () => void }) {
  const { body, state, mine, act, showProof } = props
  const text = useText()
  const now = useServerNow()
  if (state.phase === 'cancelled') return null
  if (state.phase === 'drawn') {
    return (
      <div className="qun-draw__after">
        <Claim {...props} now={now} />
        <ActionButton wide tone="quiet" onClick={showProof}>
          {text(drawTexts.proof)}
        </ActionButton>
      </div>
    )
  }
  if (mine !== undefined) {
    return (
      <p className="qun-draw__mine">
        <CheckIcon size={18} />
        <span>{text(drawTexts.entered)}</span>
        <strong>{text(myNumberText(mine.entryNo))}</strong>
      </p>
    )
  }
  if (state.phase === 'closed' || now >= (body.closesAt ?? body.drawsAt ?? 0)) {
    return <p className="qun-draw__waiting">{text(state.phase === 'open' ? drawTexts.closing : drawTexts.waiting)}</p>
  }
  if (!mayEnter(props)) return <p className="qun-draw__waiting">{text(drawTexts.organiserWaits)}</p>
  const nonce = body.entropy?.mode === 'group' ? { nonce: randomNonce() } : {}
  return (
    <ActionButton wide onClick={() => act('enter', nonce)}>
      {text(drawTexts.enter)}
    </ActionButton>
  )
}

const dayMs = 86_400_000
/** For who won: the prize is claimed once, within the days the card set before anyone entered. */
function Claim({ body, state, mine, act, now }: DrawFace) {
  const text = useText()
  if (mine?.prize === undefined) return null
  if (mine.isLapsed === true) return null
  if (mine.claimedAt !== undefined) return <CardNote tone="ok">{text(drawTexts.claimed)}</CardNote>
  const wonAt = (mine.isRedrawn === true ? state.redraw?.at : state.drawnAt) ?? 0
  const until = body.claimDays === undefined ? undefined : wonAt + body.claimDays * dayMs
  if (state.unclaimedCount !== undefined || (until !== undefined && now >= until))
    return <CardNote tone="warn">{text(drawTexts.claimOver)}</CardNote>
  return (
    <ActionButton wide onClick={() => act('claim', {})}>
      {text(drawTexts.claim)}
    </ActionButton>
  )
}

/** 16 bytes of this device's own chance: nobody else had a hand in them. */
function randomNonce(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function Result({ body, state, mine, group }: DrawFace) {
  const text = useText()
  const isLapsed = mine?.isLapsed === true
  const prize = mine?.prize === undefined || isLapsed ? undefined : body.prizes[mine.prize]
  if (state.winnerCount === 0) return <CardNote>{text(drawTexts.nobody)}</CardNote>
  const faceOf = (userId: string) => group.get().members.get(userId)?.avatar ?? ''
  const { redraw } = state
  return (
    <>
      {prize && <p className="qun-draw__won">{text(wonText(prize.name))}</p>}
      {mine && !prize && <p className="qun-draw__notwon">{text(isLapsed ? afterTexts.lapsed : drawTexts.notWon)}</p>}
      <Winners count={state.winnerCount} winners={state.winners} prizes={body.prizes} faceOf={faceOf}>
        {text(winnersText(state.winnerCount))}
      </Winners>
      {redraw && (
        <Winners count={redraw.winnerCount} winners={redraw.winners} prizes={body.prizes} faceOf={faceOf}>
          {text(redrawnText(redraw.count))}
        </Winners>
      )}
      {redraw?.winnerCount === 0 && <CardNote>{text(afterTexts.nobodyLeft)}</CardNote>}
      {(state.unclaimedCount ?? 0) > 0 && <CardNote>{text(unclaimedText(state.unclaimedCount ?? 0))}</CardNote>}
    </>
  )
}

/** Those a card has room for, under a heading, and how many more there are. */
function Winners({ count, winners, children, ...parts }: WinnerListProps & { count: number; children: ReactNode }) {
  const text = useText()
  const shown = winners.slice(0, winnersOnCard)
  return (
    <>
      <p className="qun-draw__winnershead">{children}</p>
      <WinnerList winners={shown} {...parts} />
      {count > shown.length && <p className="qun-draw__rest">{text(moreWinnersText(count - shown.length))}</p>}
    </>
  )
}

export interface WinnerListProps {
  readonly winners: readonly Winner[]
  readonly prizes: readonly Prize[]
  readonly faceOf: (userId: string) => string
}
export function WinnerList({ winners, prizes, faceOf }: WinnerListProps) {
  return (
    <ul className="qun-draw__winners">
      {winners.map((winner) => (
        <li key={winner.entryNo} className="qun-draw__winner">
          <Avatar name={winner.name} avatar={faceOf(winner.userId)} sizePx={28} />
          <bdi className="qun-draw__winnername">{winner.name}</bdi>
          <span className="qun-draw__winnerprize">{prizes[winner.prize]?.name}</span>
        </li>
      ))}
    </ul>
  )
}
