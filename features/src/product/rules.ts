/** What a product decides, pure: no clock, no storage, no chance. */

/** [PR2] The count after one more member joined. */
export function countAfter(count: number): number {
  return count + 1
}
