/** The face of a flash sale: price, pieces left, time, and the one thing to do next. */
import {
  ActionButton,
  CardFrame,
  CardNote,
  CardPicture,
  CheckoutLink,
  Countdown,
  MemberName,
  Money,
  moneyText,
  RulesLink,
  Stepper,
  useServerNow,
  useText,
  type CardFaceProps,
} from '@qun/ui'
import { useState } from 'react'
import type { flashSale } from '../contract.ts'
import { SaleIcon } from './icon.tsx'
import { boughtText, earlyText, leftText, limitText, piecesText, saleTexts, spanText, termsText } from './texts.ts'

export type SaleFace = CardFaceProps<typeof flashSale>
type Phase = 'waiting' | 'on' | 'sold-out' | 'ended'

function phaseOf({ body, state }: SaleFace, now: number): Phase {
  if (state.phase === 'ended' || now >= body.endsAt) return 'ended'
  if (now < body.startsAt) return 'waiting'
  return state.left === 0 ? 'sold-out' : 'on'
}

export function FlashSaleCard(props: SaleFace) {
  const { body, state, mine, message, group } = props
  const text = useText()
  const now = useServerNow()
  const phase = phaseOf(props, now)
  // Of a void sale nothing is paid any more.
  const hold = mine?.hold && now < mine.hold.until && state.void !== true ? mine.hold : undefined
  const starter = group.get().members.get(message.senderId)
  const ended = phase === 'ended' || (phase === 'sold-out' && hold === undefined)
  const bought = mine?.boughtCount ?? 0
  return (
    <CardFrame
      icon={<SaleIcon size={16} />}
      kind={text(saleTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      title={body.title}
      tone={hold !== undefined || bought > 0 ? 'mine' : ended ? 'ended' : 'open'}
      foot={<Foot {...props} phase={phase} />}
      action={<Action {...props} phase={phase} hold={hold} />}
    >
      <CardPicture className="qun-sale__image" src={body.image} />
      <p className="qun-sale__prices">
        <strong className="qun-sale__price">
          <Money fen={body.priceFen} />
        </strong>
        {body.originalPriceFen !== undefined && (
          <s className="qun-sale__original">
            <Money fen={body.originalPriceFen} />
          </s>
        )}
        <span className="qun-sale__tag">{text(tagOf(body))}</span>
      </p>
      <div
        className="qun-sale__bar"
        role="meter"
        aria-label={text(leftText(state.left))}
        aria-valuemin={0}
        aria-valuemax={body.stock}
        aria-valuenow={state.left}
      >
        <span style={{ inlineSize: `${(100 * state.left) / body.stock}%` }} />
      </div>
      {state.void === true && <CardNote tone="warn">{text(saleTexts.void)}</CardNote>}
      {bought > 0 && <CardNote tone="ok">{text(boughtText(bought))}</CardNote>}
      <Rules body={body} />
    </CardFrame>
  )
}

/** [E-22] */
function Rules({ body }: Pick<SaleFace, 'body'>) {
  const text = useText()
  // One from before there were rules says what it has.
  const { title = '', refunds = '' } = body as Partial<typeof body>
  const list = body.originalPriceFen === undefined ? '' : moneyText(body.originalPriceFen)
  return (
    <RulesLink
      of={{
        what: 'sale',
        organiser: body.merchant?.name ?? '',
        offer: title,
        quantity: text(piecesText(body.stock)),
        terms: text(termsText(moneyText(body.priceFen), list)),
        from: body.startsAt,
        until: body.endsAt,
        limit: text(limitText(body.perMember)),
        refunds,
      }}
    />
  )
}

function tagOf(body: SaleFace['body']) {
  const { publicStartsAt = null, startsAt } = body
  if (publicStartsAt === null) return saleTexts.membersOnly
  return publicStartsAt > startsAt ? earlyText(spanText(publicStartsAt - startsAt)) : limitText(body.perMember)
}

function Foot({ body, state, phase }: SaleFace & { readonly phase: Phase }) {
  const text = useText()
  return (
    <>
      <span>{text(leftText(state.left))}</span>
      <span>{text(limitText(body.perMember))}</span>
      {phase === 'ended' ? (
        <span>{text(saleTexts.ended)}</span>
      ) : phase === 'waiting' ? (
        <span>
          {text(saleTexts.begins)} <Countdown until={body.startsAt} />
        </span>
      ) : (
        <Countdown until={body.endsAt} />
      )}
    </>
  )
}

type ActionProps = SaleFace & { readonly phase: Phase; readonly hold: { holdId: string; until: number } | undefined }
function Action(props: ActionProps) {
  const { body, mine, act, phase, hold } = props
  const text = useText()
  const [quantity, setQuantity] = useState(1)
  if (hold !== undefined) return <Held {...props} hold={hold} />
  if (phase === 'ended') return null
  if (phase === 'sold-out')
    return (
      <p className="qun-sale__note">
        {text(saleTexts.soldOut)} · {text(saleTexts.mayReturn)}
      </p>
    )
  const mayTake = body.perMember - (mine?.boughtCount ?? 0)
  if (mayTake <= 0) return <p className="qun-sale__note">{text(limitText(body.perMember))}</p>
  const max = Math.min(mayTake, Math.max(1, props.state.left))
  const wanted = Math.min(quantity, max)
  return (
    <div className="qun-sale__action">
      {max > 1 && <Stepper value={wanted} max={max} onChange={setQuantity} />}
      <ActionButton wide disabled={phase === 'waiting'} onClick={() => act('take', { quantity: wanted })}>
        {text(saleTexts.take)}
      </ActionButton>
    </div>
  )
}

function Held({ body, act, hold, message, group }: SaleFace & { readonly hold: { holdId: string; until: number } }) {
  const text = useText()
  const { url } = body
  const asked = { kind: 'flash-sale', id: hold.holdId, groupId: group.groupId, seq: message.seq }
  return (
    <div className="qun-sale__held">
      <p className="qun-sale__note">
        <strong>{text(saleTexts.held)}</strong> <Countdown until={hold.until} />
      </p>
      {url === undefined ? (
        <p className="qun-sale__note">{text(saleTexts.heldHint)}</p>
      ) : (
        <CheckoutLink {...{ url, asked }} name="hold">
          {text(saleTexts.pay)}
        </CheckoutLink>
      )}
      <ActionButton wide tone="quiet" onClick={() => act('release', {})}>
        {text(saleTexts.giveUp)}
      </ActionButton>
    </div>
  )
}
