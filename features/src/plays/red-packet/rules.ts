/** What a red packet decides, pure: how an amount is divided, who may open it, who was luckiest. */
import { triesMax, triesWaitMs, type PacketBody, type PacketMine, type PacketState } from './contract.ts'

/** A uniform integer in [0, k). */
export type NextInt = (k: number) => number
export interface ShareLimits {
  /** In minor units. */
  readonly min: number
  readonly max: number
}

// ── dividing ──
/** The first shares get one more where the amount does not divide evenly. */
export function equalShares(amount: number, count: number): number[] {
  const share = Math.floor(amount / count)
  const rest = amount - share * count
  return Array.from({ length: count }, (_, i) => (i < rest ? share + 1 : share))
}
/** 二倍均值法: each share is uniform up to twice the mean of what is left, within what later shares need and can take. */
export function doubleMean(amount: number, count: number, nextInt: NextInt, { min, max }: ShareLimits): number[] {
  const shares: number[] = []
  let left = amount
  for (let k = count; k > 1; k--) {
    const low = Math.max(min, left - max * (k - 1))
    const high = Math.max(low, Math.min(Math.floor((2 * left) / k), left - min * (k - 1), max))
    const share = low + nextInt(high - low + 1)
    shares.push(share)
    left -= share
  }
  shares.push(left)
  return shares
}
/** Draws of a line before it is given up: the cap is then so near that the double mean must do. */
const cutsMax = 8
/**
 * 线段切割: cuts at distinct points, uniform over all divisions that keep within the limits. An amount in the upper half of
 * what fits is cut from above, so that the cap is met as rarely as the floor.
 */
export function lineCut(amount: number, count: number, nextInt: NextInt, limits: ShareLimits): number[] {
  const { min, max } = limits
  const isMirrored = 2 * amount > count * (min + max)
  const total = isMirrored ? count * (min + max) - amount : amount
  // Each share has at least `min`: one of it lies between two cuts, the others are added after.
  const line = total - count * (min - 1)
  for (let i = 0; i < cutsMax; i++) {
    const cuts = [0, ...distinct(line - 1, count - 1, nextInt), line]
    const shares = cuts.slice(1).map((cut, at) => cut - (cuts[at] as number) + min - 1)
    if (shares.every((share) => share <= max)) return isMirrored ? shares.map((share) => min + max - share) : shares
  }
  return doubleMean(amount, count, nextInt, limits)
}
/** `wanted` distinct integers of 1 … `size`, ascending (Floyd). */
function distinct(size: number, wanted: number, nextInt: NextInt): number[] {
  const chosen = new Set<number>()
  for (let top = size - wanted + 1; top <= size; top++) {
    const one = 1 + nextInt(top)
    chosen.add(chosen.has(one) ? top : one)
  }
  return [...chosen].toSorted((a, b) => a - b)
}
/** Fisher-Yates. */
export function shuffle<T>(items: readonly T[], nextInt: NextInt): T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = nextInt(i + 1)
    ;[mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T]
  }
  return mixed
}
/**
 * [R1] [R10] The shares in the order they will be opened in, fixed before anybody opens one. Needs a packet
 * without fault.
 */
export function sharesOf(body: Divided, nextInt: NextInt, limits: ShareLimits): number[] {
  const { amount, count, split } = body
  if (split === 'equal') return equalShares(amount, count)
  return shuffle((split === 'lucky' ? doubleMean : lineCut)(amount, count, nextInt, limits), nextInt)
}
type Divided = Pick<PacketBody, 'amount' | 'count' | 'split'>
// ── sending ──
export type PacketFault =
  | 'redpacket.amount_too_small'
  | 'redpacket.share_limit'
  | 'redpacket.recipient_invalid'
  | 'redpacket.count_invalid'
/** [R1] What is wrong with a packet before anything is divided. */
export function packetFault(
  body: Pick<PacketBody, 'amount' | 'count' | 'recipientId'>,
  place: { readonly memberCount: number; readonly senderId: string },
  { min, max }: ShareLimits,
): PacketFault | undefined {
  const { amount, count, recipientId } = body
  if (amount < count * min) return 'redpacket.amount_too_small'
  if (amount > count * max) return 'redpacket.share_limit'
  if (recipientId !== undefined && (count !== 1 || recipientId === place.senderId)) return 'redpacket.recipient_invalid'
  return count > place.memberCount ? 'redpacket.count_invalid' : undefined
}
const staffBadges: ReadonlySet<string> = new Set(['merchant', 'staff', 'official'])
/** Who may spend a budget of the shop: whom the host itself calls staff, and who runs the group. */
export function maySpendBudget(member: { readonly role: string; readonly badge: string | null }): boolean {
  return member.role !== 'member' && member.badge !== null && staffBadges.has(member.badge)
}

// ── opening ──
export interface Opener {
  readonly userId: string
  readonly joinedAt: number
  readonly mutedUntil: number
  readonly isMinor: boolean
}
export interface OpenTerms {
  /** A member who joined after it was sent may not open it. */
  readonly membersWhenSent: boolean
  readonly senderOpens: boolean
}
/**
 * [R8] The first part of the order in which opening is refused, up to the phrase. `again`: this member has a share.
 * `undefined`: nothing speaks against it so far.
 */
export function openerFault(
  opener: Opener,
  packet: { readonly body: PacketBody; readonly senderId: string; readonly at: number; readonly now: number },
  mine: PacketMine | undefined,
  terms: OpenTerms,
) {
  if (terms.membersWhenSent && opener.joinedAt > packet.at) return 'redpacket.joined_late'
  if (opener.mutedUntil > packet.now) return 'member.muted'
  if (opener.isMinor) return 'user.minor_restricted'
  if (mine?.amount !== undefined) return 'again'
  const { recipientId } = packet.body
  if (recipientId !== undefined && recipientId !== opener.userId) return 'redpacket.not_recipient'
  if (!terms.senderOpens && opener.userId === packet.senderId) return 'redpacket.own'
  return undefined
}
/** Milliseconds until another phrase may be tried; 0 when it may be now. */
export function triesWait(mine: PacketMine | undefined, now: number): number {
  if ((mine?.tries ?? 0) < triesMax) return 0
  return Math.max(0, (mine?.triedAt ?? 0) + triesWaitMs - now)
}
/** The tries after one more wrong phrase; those before a wait are forgotten. */
export function triesAfter(mine: PacketMine | undefined): number {
  const before = mine?.tries ?? 0
  return before >= triesMax ? 1 : before + 1
}
/** [R7] [R11] The last part: a share is free exactly while the packet is open, by the time of the decision. */
export function packetOver(state: PacketState, now: number) {
  if (state.phase === 'revoked') return 'redpacket.revoked'
  if (state.phase === 'finished') return 'redpacket.empty'
  return state.phase === 'expired' || now >= state.expiresAt ? 'redpacket.expired' : undefined
}
/**
 * [R12] The place (from 0) of the luckiest of all shares in the order they were opened: the highest, the earliest of
 * several. Undefined for equal shares and for one alone.
 */
export function luckiestPlace(body: Divided, shares: readonly number[]): number | undefined {
  if (body.split === 'equal' || shares.length < 2) return undefined
  return shares.indexOf(Math.max(...shares))
}
