/** What makes a show a real one: pure, no clock, no storage, no chance. */

/** [BS1] [BS4] An order that stands for a purchase. */
export function isPurchase(status: string): boolean {
  return status === 'paid' || status === 'received'
}
/** [BS5] The count after somebody likes, or takes it back. */
export function likesAfter(count: number, was: boolean, on: boolean): number {
  return count + Number(on) - Number(was)
}
/** [BS7] Whether every picture is another one. */
export function isEachOnce(pictures: readonly { readonly mediaId: string }[]): boolean {
  return new Set(pictures.map(({ mediaId }) => mediaId)).size === pictures.length
}
/** [BS6] Whether a later telling of an order replaces what is known: by when it happened; on a tie the later told. */
export function replaces(knownAt: number | undefined, at: number): boolean {
  return knownAt === undefined || at >= knownAt
}
