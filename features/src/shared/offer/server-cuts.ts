/**
 * [MER5] What an offer cuts off list prices counts against its merchant's caps: all it may cut when it is posted, and
 * from its end on what it did cut. Knows no kind of card.
 */
import { givenBy, refuse, type UserId } from '@qun/contract'
import { issuerOfGroup } from '@qun/core'
import { spend, unspend, type LedgerCall } from '@qun/ledger'
import { endOffer, keepPieces, type Offered, type StoredOffer } from './store.ts'

/** Cuts are fen. */
const currency = 'CNY'
const refOf = (kind: string, { groupId, seq }: Pick<Offered, 'groupId' | 'seq'>) => `${kind}/${groupId}/${seq}`

/** Refuses `budget.exhausted`: an offer that could pass a cap is not posted. The host itself has no day of staff. */
export async function countCut(
  kind: string,
  call: LedgerCall & Offered & { readonly actorId: UserId },
  { cutFen, campaign }: { readonly cutFen: number; readonly campaign: string | undefined },
): Promise<void> {
  if (cutFen === 0) return
  const issuer = await issuerOfGroup(call, call.groupId)
  if (issuer === undefined) throw refuse('merchant.not_issuer')
  const against = givenBy(issuer, { userId: call.actorId, campaign }, call.now)
  await spend(call, { ref: refOf(kind, call), currency, amount: cutFen, against })
}
/** What an offer that is over still counts. */
interface Kept {
  /** What was cut off pieces that are sold, or may still be. */
  readonly cutFen: number
  /** Pieces that are not sold and may still be. */
  readonly openCount: number
}
/**
 * The offer is over: from here on it counts what was sold, or may still be, and `kept` tells. Called again whenever
 * that grew less; it never counts more, and gives nothing back twice.
 */
export async function keepCut(
  of: { readonly kind: string; readonly table: string },
  call: LedgerCall & Offered,
  kept: (offer: StoredOffer) => Promise<Kept>,
): Promise<void> {
  const offer = await endOffer(of.table, call, call.now)
  if (offer === undefined) return
  const { cutFen, openCount } = await kept(offer)
  await keepPieces(call, openCount)
  if (offer.cutFen !== null) await unspend(call, refOf(of.kind, call), cutFen)
}
