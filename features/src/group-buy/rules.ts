/** What a group buy decides, pure: no clock, no storage, no chance. */

/** [GB2] The count after one more member joined. */
export function countAfter(count: number): number {
  return count + 1
}
