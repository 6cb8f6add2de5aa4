/** The faces of invitations: the sheet after an order, the page before joining, join links on the group page. */
import { defineGroupSection } from '@qun/ui'
import './invitation.css'
import { JoinLinksSection } from './links-section.tsx'
import { inviteTexts } from './texts.ts'

export { JoinPage, type JoinPageProps } from './join-page.tsx'
export { InviteAddress } from './invite-address.ts'
export { InvitationOffers, OfferBanner, useOffers, type InvitationOffersProps, type Offer } from './offer.tsx'

export const sections = [
  defineGroupSection({ name: 'invitation', title: inviteTexts.section, order: 150, Section: JoinLinksSection }),
]
