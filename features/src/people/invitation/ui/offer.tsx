/** The invitation after an order: a sheet that rises in the host app, and a line that waits for an answer. */
import type { RecordBodyOf } from '@qun/contract'
import type { QunClient } from '@qun/sdk'
import { ActionButton, Avatar, ForwardIcon, Sheet, useQun, useReadable, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { acceptOffer, dismissOffer, invitationOffer } from '../contract.ts'
import { GroupFaceView } from './group-face.tsx'
import { inviteTexts, shopAsksText } from './texts.ts'

export type Offer = RecordBodyOf<typeof invitationOffer>

/** Offers that wait for the viewer's answer, soonest to end last; those over by the server's clock are left out. */
export function listOffers(client: QunClient, records: ReturnType<QunClient['records']['get']>): Offer[] {
  const now = client.serverNow()
  return [...records.values()]
    .filter((row) => row.kind === invitationOffer.kind && row.body !== null)
    .map((row) => row.body as Offer)
    .filter((offer) => offer.expiresAt > now)
    .toSorted((a, b) => b.expiresAt - a.expiresAt)
}
export function useOffers(): Offer[] {
  const { client } = useQun()
  return listOffers(client, useReadable(client.records))
}

export interface InvitationOffersProps {
  /** The viewer joined, or was in the group already: the host opens it. */
  readonly onJoined: (groupId: string) => void
}
/** Put once into the host app, inside `QunProvider`: each fresh offer rises by itself, once. */
export function InvitationOffers({ onJoined }: InvitationOffersProps) {
  const offers = useOffers()
  const [seen, setSeen] = useState<readonly string[]>([])
  const offer = offers.find((one) => !seen.includes(one.offerId))
  if (offer === undefined) return null
  return (
    <OfferSheet
      key={offer.offerId}
      offer={offer}
      onJoined={onJoined}
      onClose={() => setSeen([...seen, offer.offerId])}
    />
  )
}

export interface OfferSheetProps extends InvitationOffersProps {
  readonly offer: Offer
  /** Put away without an answer: the offer keeps waiting. */
  readonly onClose: () => void
}
export function OfferSheet({ offer, onJoined, onClose }: OfferSheetProps) {
  const { client, toast } = useQun()
  const text = useText()
  const [open, setOpen] = useState(false)
  // Opened after the first commit, so that the sheet is seen to rise from below.
  useEffect(() => setOpen(true), [])
  const params = { offerId: offer.offerId }
  const join = async () => {
    const { groupId } = await client.call(acceptOffer, { params, body: {} })
    onClose()
    onJoined(groupId)
  }
  const dismiss = async (never: boolean) => {
    await client.call(dismissOffer, { params, body: never ? { never } : {} })
    if (never) toast(inviteTexts.neverDone)
    onClose()
  }
  const [item] = offer.items
  return (
    <Sheet
      open={open}
      onClose={onClose}
      title={offer.shopName === undefined ? inviteTexts.offerTitle : shopAsksText(offer.shopName)}
      foot={
        <div className="qun-invite__actions">
          <ActionButton wide onClick={join}>
            {text(inviteTexts.join)}
          </ActionButton>
          <div className="qun-invite__lesser">
            <ActionButton tone="quiet" onClick={() => dismiss(false)}>
              {text(inviteTexts.later)}
            </ActionButton>
            <ActionButton tone="quiet" onClick={() => dismiss(true)}>
              {text(inviteTexts.never)}
            </ActionButton>
          </div>
        </div>
      }
    >
      <div className="qun-invite">
        {item && (
          <p className="qun-invite__item">
            {item.image !== undefined && <img className="qun-invite__itempicture" src={item.image} alt="" />}
            <span>
              <small>{text(inviteTexts.boughtBy)}</small>
              <bdi>{item.title}</bdi>
            </span>
          </p>
        )}
        <GroupFaceView
          name={offer.groupName}
          avatar={offer.avatar}
          faces={offer.faces}
          memberCount={offer.memberCount}
          picture={false}
        />
        {offer.message !== '' && <p className="qun-invite__message">{offer.message}</p>}
        <p className="qun-invite__promise">{text(inviteTexts.quietPromise)}</p>
      </div>
    </Sheet>
  )
}

/** A line for the top of a list: an offer that was put away and still waits. Draws nothing without one. */
export function OfferBanner({ onJoined }: InvitationOffersProps) {
  const text = useText()
  const [offer] = useOffers()
  const [open, setOpen] = useState(false)
  if (offer === undefined) return null
  return (
    <>
      <button type="button" className="qun-invite__banner" onClick={() => setOpen(true)}>
        <Avatar name={offer.groupName} avatar={offer.faces[0]?.avatar ?? offer.avatar} sizePx={36} />
        <span className="qun-invite__bannertext">
          <strong>{offer.groupName}</strong>
          <small>
            {offer.shopName ?? ''} {text(inviteTexts.offerBanner)}
          </small>
        </span>
        <span className="qun-invite__bannermore">
          {text(inviteTexts.offerOpen)}
          <ForwardIcon size={16} />
        </span>
      </button>
      {open && <OfferSheet offer={offer} onJoined={onJoined} onClose={() => setOpen(false)} />}
    </>
  )
}
