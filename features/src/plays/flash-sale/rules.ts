/** Who may take how many pieces when: pure, no clock, no storage, no chance. */
import { saleLifeMaxMs } from './contract.ts'

export interface Sale {
  readonly startsAt: number
  readonly publicStartsAt?: number | null
  readonly endsAt: number
  readonly perMember: number
}

/** [FS1] The code with which somebody is refused at an instant, if they are. */
export function timeFault(
  sale: Sale,
  isMember: boolean,
  now: number,
): 'flash_sale.not_started' | 'flash_sale.ended' | undefined {
  if (now >= sale.endsAt) return 'flash_sale.ended'
  const startsAt = isMember ? sale.startsAt : sale.publicStartsAt
  return startsAt === undefined || startsAt === null || now < startsAt ? 'flash_sale.not_started' : undefined
}
/**
 * [FS2] [FS3] The code with which a quantity is refused, if it is. `takenCount` is what the person holds and
 * bought.
 */
export function countFault(
  sale: Sale,
  quantity: number,
  takenCount: number,
  left: number,
): 'flash_sale.limit' | 'flash_sale.sold_out' | undefined {
  if (takenCount + quantity > sale.perMember) return 'flash_sale.limit'
  return quantity > left ? 'flash_sale.sold_out' : undefined
}
/** Times follow each other and lie ahead; a sale for members alone names no public start. */
export function timesFit(sale: Sale, now: number): boolean {
  const { startsAt, publicStartsAt, endsAt } = sale
  if (endsAt <= now || endsAt <= startsAt || endsAt > now + saleLifeMaxMs) return false
  return (
    publicStartsAt === undefined || publicStartsAt === null || (publicStartsAt >= startsAt && publicStartsAt < endsAt)
  )
}
