/** Value with an end date: what a debit takes first, and what has lapsed. Pure: knows neither storage nor clock. */

/** What is left of the value that lapses at one instant. */
export interface Lot {
  readonly expiresAt: number
  readonly remaining: number
}
/** What an entry took from (negative) or put into lots: pairs of instant and amount. */
export type LotMoves = readonly (readonly [expiresAt: number, amount: number])[]

/** [LDG11] What of `lots` has lapsed and may not be spent, though no job moved it yet. */
export function lapsedOf(lots: ReadonlyMap<number, number>, now: number): number {
  let sum = 0
  for (const [expiresAt, remaining] of lots) if (expiresAt <= now) sum += remaining
  return sum
}
/** [LDG10] Takes up to `amount` from what lapses soonest; the rest comes from what never lapses. Changes `lots`. */
export function takeFrom(lots: Map<number, number>, amount: number, isOpen: (expiresAt: number) => boolean): LotMoves {
  const moves: [number, number][] = []
  let left = amount
  for (const expiresAt of [...lots.keys()].toSorted((a, b) => a - b)) {
    const remaining = lots.get(expiresAt) as number
    const take = Math.min(left, remaining)
    if (take === 0 || !isOpen(expiresAt)) continue
    lots.set(expiresAt, remaining - take)
    moves.push([expiresAt, -take])
    left -= take
  }
  return moves
}
/** Adds to lots. Changes `lots`. */
export function putInto(lots: Map<number, number>, moves: LotMoves): void {
  for (const [expiresAt, amount] of moves) lots.set(expiresAt, (lots.get(expiresAt) ?? 0) + amount)
}
