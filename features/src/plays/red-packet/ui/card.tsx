/** The packet in the conversation: closed until somebody touches it, pale once it is over for the viewer. */
import { useOpen, useServerNow, useText } from '@qun/ui'
import { Envelope } from './art.tsx'
import { PacketSheet } from './packet-sheet.tsx'
import { kindTextOf, nameOf, standingOf, type PacketFace } from './standing.ts'
import { amountText, forText, packetTexts } from './texts.ts'

export function RedPacketCard(props: PacketFace) {
  const { body, state, message, act } = props
  const text = useText()
  const view = useOpen()
  const standing = standingOf(props, useServerNow())
  const greeting = body.greeting || text(packetTexts.greeting)
  const line = {
    open: packetTexts.open,
    opened: packetTexts.opened,
    finished: packetTexts.finished,
    expired: packetTexts.expired,
    revoked: packetTexts.revoked,
    'not-mine': forText(body.recipientId === undefined ? '' : nameOf(props, body.recipientId)),
  }[standing]
  const show = () => {
    view.show()
    // A ticket that does not come is told when the coin is pressed.
    if (state.ticketed === true && standing === 'open') act('ticket', {}).catch(() => undefined)
  }
  return (
    <>
      <button
        type="button"
        className={`qun-packet qun-packet--${standing}`}
        // On its way it is no packet yet.
        disabled={message.seq === 0}
        aria-haspopup="dialog"
        onClick={show}
      >
        <span className="qun-packet__front">
          <Envelope open={standing !== 'open' && standing !== 'not-mine'} />
          <span className="qun-packet__words">
            <span className="qun-packet__greeting">{greeting}</span>
            {state.unit !== undefined && (
              <span className="qun-packet__line">
                {text(amountText({ currency: body.currency, unit: state.unit }, body.amount / body.count))}
              </span>
            )}
            <span className="qun-packet__line">{text(line)}</span>
          </span>
        </span>
        <span className="qun-packet__kind">{text(kindTextOf(body))}</span>
      </button>
      <PacketSheet {...props} open={view.open} onClose={view.hide} greeting={greeting} />
    </>
  )
}
