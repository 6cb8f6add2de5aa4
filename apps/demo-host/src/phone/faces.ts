/** The faces of everything Qun ships, as this shop uses them. */
export { cardUIs } from '@qun/chat/react'
export { InvitationOffers, InviteAddress, JoinPage, OfferBanner } from '@qun/features/invitation/ui'
