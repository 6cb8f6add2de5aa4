/**
 * Packets of pieces that somebody else keeps, such as coupons (`voucher:<id>`). Who keeps them is handed in where the
 * server's features are listed, as a payment provider is: a packet and what it gives are one decision, and neither
 * feature names the other. Knows no card but its own.
 */
import type { AppId, GroupId, MemberRow, UserId } from '@qun/contract'
import type { ActionCall, Call, OpenCall } from '@qun/core'
import type { Transfer } from '@qun/ledger'
import type { Tx } from '@qun/storage'
import type { redPacket, Voucher } from './contract.ts'

/** So many of one kind. */
export interface Pieces {
  readonly currency: string
  readonly amount: number
}
export type PlacedCall = Call & { readonly groupId: GroupId; readonly seq: number }
/** Why a member gets none: has as many as one may, is not whom they are for, or they are not to be had now. */
export type VoucherFault = 'limit' | 'not_eligible' | 'over'
/** All within the caller's decision. Whoever keeps pieces locks its own rows before any account of the ledger. */
export interface VoucherKeeper {
  keeps(currency: string): boolean
  /** What packets of a group may give now. */
  list(call: Reading, groupId: GroupId): Promise<readonly Voucher[]>
  /** Nobody else may have them from here on. Undefined when the group may not give them, or not so many. */
  setAside(call: PlacedCall, pieces: Pieces): Promise<Source | undefined>
  faultOf(call: PlacedCall, pieces: Pieces, member: MemberRow): Promise<VoucherFault | undefined>
  /**
   * Gives what the pieces stand for, before any account is locked; only after `faultOf` found no fault. The caller
   * moves the pieces to the member, and with it what burns them there: the transfer that is answered.
   */
  give(
    call: PlacedCall,
    pieces: Pieces,
    people: { readonly userId: UserId; readonly senderId: UserId },
  ): Promise<Transfer>
  /** Others may have them again. */
  takeBack(call: PlacedCall, pieces: Pieces): Promise<void>
}
interface Reading {
  readonly tx: Tx
  readonly appId: AppId
  readonly now: number
}
export interface Source {
  /** The account the pieces come from, and go back to. */
  readonly account: string
  readonly title: string
  /** The most one member may have: a larger share could be opened by nobody. */
  readonly most: number
}

export type Keepers = readonly VoucherKeeper[]
export const keeperOf = (keepers: Keepers, currency: string): VoucherKeeper | undefined =>
  keepers.find((keeper) => keeper.keeps(currency))

/** [RP12] [RP13] Only who runs the group gives them, whole and to each as many; the title is shown on the card. */
export async function setPiecesAside(call: OpenCall<typeof redPacket>, keeper: VoucherKeeper): Promise<Source> {
  const { currency, amount, count, split, budget, campaign } = call.body
  const isHost = (call.actorId as string) === ''
  const member = isHost ? undefined : await call.findMember(call.actorId)
  if (!isHost && (member === undefined || member.role === 'member')) call.fail('redpacket.voucher_forbidden')
  if (budget !== undefined || campaign !== undefined) call.fail('redpacket.budget_forbidden')
  if (split !== 'equal' || amount % count !== 0) call.fail('redpacket.voucher_uneven')
  const source = await keeper.setAside(call, { currency, amount })
  if (source === undefined) return call.fail('redpacket.voucher_unavailable')
  if (amount / count > source.most) call.fail('redpacket.share_limit')
  return source
}
const codes = {
  limit: 'redpacket.voucher_limit',
  not_eligible: 'redpacket.voucher_not_eligible',
  over: 'redpacket.voucher_over',
} as const
/** [RP14] The code with which a member is refused who may not have a share; it stays for others. */
export async function voucherFault(
  call: ActionCall<typeof redPacket>,
  keeper: VoucherKeeper | undefined,
  amount: number,
): Promise<(typeof codes)[VoucherFault] | undefined> {
  const { actor } = call
  if (keeper === undefined || actor === undefined) return undefined
  const fault = await keeper.faultOf(call, { currency: call.body.currency, amount }, actor)
  return fault === undefined ? undefined : codes[fault]
}
