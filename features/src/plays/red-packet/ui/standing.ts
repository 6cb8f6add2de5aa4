/** What a packet is and what the viewer can do with it now; the server decides, this only reads. */
import type { CardFaceProps } from '@qun/ui'
import type { redPacket } from '../contract.ts'
import { packetOver } from '../rules.ts'
import { packetTexts } from './texts.ts'

export type PacketFace = CardFaceProps<typeof redPacket>

/** What the viewer can do with a packet now. */
export type Standing = 'open' | 'opened' | 'finished' | 'expired' | 'revoked' | 'not-mine'
export function standingOf({ body, state, mine, viewer }: PacketFace, now: number): Standing {
  if (mine?.amount !== undefined) return 'opened'
  // A packet on its way has no time of its end yet.
  const over = state.expiresAt > 0 ? packetOver(state, now) : undefined
  if (over !== undefined) {
    const ends = {
      'redpacket.empty': 'finished',
      'redpacket.expired': 'expired',
      'redpacket.revoked': 'revoked',
    } as const
    return ends[over]
  }
  return body.recipientId !== undefined && body.recipientId !== viewer.userId ? 'not-mine' : 'open'
}
export function kindTextOf({ recipientId, phrase, phraseId, split, currency }: PacketFace['body']) {
  if (recipientId !== undefined) return packetTexts.exclusive
  if (phraseId !== undefined || phrase !== undefined) return packetTexts.passphrase
  if (isVoucher(currency)) return packetTexts.coupons
  return split === 'equal' ? packetTexts.equal : packetTexts.lucky
}
/** Of pieces, such as coupons, and not of an amount. */
export const isVoucher = (currency: string): boolean => currency.startsWith('voucher:')
export function nameOf({ group }: PacketFace, userId: string): string {
  return group.get().members.get(userId)?.name ?? userId
}
