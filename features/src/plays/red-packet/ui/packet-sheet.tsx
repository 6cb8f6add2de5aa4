/** The packet opened up: the coin that turns once, then the amount and everybody who has one. */
import { ActionButton, Avatar, Dialog, problemText, Sheet, useOpen, useQun, useServerNow, useText } from '@qun/ui'
import { useId, useState } from 'react'
import { kindTextOf, nameOf, standingOf, type PacketFace, type Standing } from './standing.ts'
import { ClaimList } from './claim-list.tsx'
import { amountText, hintText, notForText, ofText, packetTexts, unitText } from './texts.ts'

export type SheetFace = PacketFace & {
  readonly open: boolean
  readonly onClose: () => void
  readonly greeting: string
}

export function PacketSheet(props: SheetFace) {
  const { message, state, viewer, open, onClose } = props
  const text = useText()
  const revoking = useOpen()
  const name = nameOf(props, message.senderId)
  const mayRevoke = message.senderId === viewer.userId && state.phase === 'open' && state.claimedCount === 0
  const foot = mayRevoke && (
    <ActionButton wide tone="quiet" onClick={revoking.show}>
      {text(packetTexts.revoke)}
    </ActionButton>
  )
  return (
    <>
      <Sheet open={open} onClose={onClose} title={ofText(name)} titleHidden {...(mayRevoke && { foot })}>
        <Inside {...props} name={name} />
      </Sheet>
      <Dialog
        open={revoking.open}
        onClose={revoking.hide}
        title={packetTexts.revokeAsk}
        confirm={packetTexts.revoke}
        danger
        onConfirm={() => props.act('revoke', {})}
      >
        {text(state.unit === undefined ? packetTexts.revokeText : packetTexts.revokeCoupons)}
      </Dialog>
    </>
  )
}

/** Where there is nothing to wait for: people who ask for less motion, and screens without any. */
function isStill(): boolean {
  return typeof matchMedia !== 'function' || matchMedia('(prefers-reduced-motion: reduce)').matches
}

function Inside(props: SheetFace & { readonly name: string }) {
  const { body, mine, state, message, greeting, name, act, group } = props
  const text = useText()
  const { toast } = useQun()
  const [phrase, setPhrase] = useState('')
  /** The coin is turning, or the server has not answered yet. */
  const [turning, setTurning] = useState(false)
  const [asking, setAsking] = useState(false)
  const standing = standingOf(props, useServerNow())
  const sender = group.get().members.get(message.senderId)
  const isClosed = standing === 'open' || turning || asking
  const ticketed = state.ticketed === true
  const press = async () => {
    if (asking || turning) return
    setAsking(true)
    setTurning(!isStill())
    try {
      await act('open', {
        ...(body.phraseId === undefined ? {} : { phrase }),
        ...(ticketed && mine?.ticket !== undefined ? { ticket: mine.ticket } : {}),
      })
    } catch (error) {
      toast(problemText(error), 'danger')
      setTurning(false)
      if (ticketed) await act('ticket', {}).catch(() => undefined)
    } finally {
      setAsking(false)
    }
  }
  return (
    <div className={`qun-packet__view ${isClosed ? 'qun-packet__view--closed' : ''}`}>
      <div className="qun-packet__head">
        <span className="qun-packet__from">
          <Avatar name={name} avatar={sender?.avatar ?? ''} sizePx={32} />
          <bdi>{text(ofText(name))}</bdi>
        </span>
        <p className="qun-packet__wish">{greeting}</p>
        {isClosed ? (
          <Closed
            {...{ body, phrase, setPhrase, press, turning, busy: asking }}
            onTurned={() => setTurning(false)}
            kind={text(kindTextOf(body))}
          />
        ) : (
          <Outcome {...props} standing={standing} />
        )}
      </div>
      {!isClosed && <ClaimList {...props} />}
    </div>
  )
}

interface ClosedProps {
  readonly body: PacketFace['body']
  readonly kind: string
  readonly phrase: string
  readonly setPhrase: (typed: string) => void
  readonly press: () => Promise<void>
  readonly turning: boolean
  readonly busy: boolean
  readonly onTurned: () => void
}
function Closed({ body, kind, phrase, setPhrase, press, turning, busy, onTurned }: ClosedProps) {
  const text = useText()
  const field = useId()
  const needsPhrase = body.phraseId !== undefined
  return (
    <form
      className="qun-packet__closed"
      onSubmit={(submitted) => {
        submitted.preventDefault()
        void press()
      }}
    >
      <p className="qun-packet__note">{kind}</p>
      {needsPhrase && (
        <span className="qun-packet__phrase">
          <label className="qun-hidden" htmlFor={field}>
            {text(packetTexts.phrase)}
          </label>
          <input
            id={field}
            className="qun-packet__input"
            value={phrase}
            maxLength={40}
            placeholder={text(packetTexts.phraseAsk)}
            autoComplete="off"
            aria-describedby={body.hint === undefined ? undefined : `${field}-hint`}
            onChange={(typed) => setPhrase(typed.target.value)}
          />
          {body.hint !== undefined && body.hint !== '' && (
            <span id={`${field}-hint`} className="qun-packet__note">
              {text(hintText(body.hint))}
            </span>
          )}
        </span>
      )}
      <button
        type="submit"
        className={`qun-packet__coin ${turning ? 'qun-packet__coin--turning' : ''}`}
        aria-label={text(packetTexts.coinLabel)}
        aria-busy={busy || turning || undefined}
        disabled={needsPhrase && phrase.trim() === ''}
        onAnimationEnd={onTurned}
      >
        <span aria-hidden="true">{text(packetTexts.coin)}</span>
      </button>
    </form>
  )
}

function Outcome(props: PacketFace & { readonly standing: Standing }) {
  const { body, state, mine, standing } = props
  const text = useText()
  if (mine?.amount !== undefined) {
    const given = { currency: body.currency, unit: state.unit }
    const unit = unitText(given, mine.amount)
    const figure = unit === undefined ? text(amountText(given, mine.amount)) : mine.amount.toLocaleString('en')
    const isPieces = state.unit !== undefined
    return (
      <p className="qun-packet__outcome" role="status">
        <strong className={`qun-packet__amount ${isPieces ? 'qun-packet__amount--pieces' : ''}`}>
          {figure}
          {unit !== undefined && <span className="qun-packet__unit"> {text(unit)}</span>}
        </strong>
        <span className="qun-packet__note">{text(isPieces ? packetTexts.savedCoupons : packetTexts.saved)}</span>
      </p>
    )
  }
  const words = {
    finished: packetTexts.late,
    expired: packetTexts.expiredLong,
    revoked: packetTexts.revokedLong,
    'not-mine': notForText(nameOf(props, body.recipientId ?? '')),
    open: packetTexts.opening,
    opened: packetTexts.opened,
  }[standing]
  return (
    <p className="qun-packet__outcome" role="status">
      <span className="qun-packet__said">{text(words)}</span>
    </p>
  )
}
