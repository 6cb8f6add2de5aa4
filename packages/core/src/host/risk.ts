/**
 * The host's word on who may take part, asked before anything is given: devices, ages of accounts and speeds are
 * known to the host alone. Types only.
 */
import type { AppId, GroupId, UserId } from '@qun/contract'

export interface RiskAttempt {
  readonly appId: AppId
  readonly userId: UserId
  readonly groupId: GroupId
  /** The kind of the card: `red-packet`. */
  readonly kind: string
  /** The action: `open`; `post` when somebody starts a card that moves value. */
  readonly action: string
}
/**
 * Asked before every post, action and request that moves money, points or stock, before anything is locked or
 * counted. A port that throws lets nobody through: `risk.blocked`, to be tried again.
 */
export type RiskPort = (attempt: RiskAttempt) => 'allow' | 'deny' | Promise<'allow' | 'deny'>
