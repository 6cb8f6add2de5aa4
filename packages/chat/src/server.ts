/** The features that ship, as the server runs them: the only list of them. Holds no behaviour. */
import type { Feature } from '@qun/core'
import invitation from '@qun/features/invitation/server'
import luckyDraw from '@qun/features/lucky-draw/server'
import membership from '@qun/features/membership/server'
import message from '@qun/features/message/server'

export const features: readonly Feature[] = [message, membership, invitation, luckyDraw]
export { PROTOCOL_VERSION } from './protocol.ts'
