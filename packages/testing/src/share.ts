/**
 * Long runs are whole once in ten commits: each has its turn, and the other nine times a tenth of its length. Which
 * commit it is decides which share it is, so a repeat of a commit repeats its share, and ten commits in a row hold all.
 */

/** So many commits in a row until every run was whole. */
export const shareCount = 10
/** In which of them a run is whole. Runs of a kind take different ones, so that each commit has about as much to do. */
export type Turn = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
/** The variable that says which share a run of tests does; `whole` or unset, all runs are whole. */
export const shareVariable = 'QUN_SHARE'

/** The share of the commit that has so many before it on its line. */
export const shareAt = (commits: number): Turn => (commits % shareCount) as Turn

/** Whether the run whose turn it is goes on to its end. */
export function isWhole(turn: Turn, share = process.env[shareVariable]): boolean {
  if (share === undefined || share === 'whole') return true
  const today = Number(share)
  if (!Number.isSafeInteger(today) || today < 0 || today >= shareCount)
    throw new Error(`${shareVariable} is whole or a number below ${shareCount}, not ${share}`)
  return today === turn
}
/** How much of a run of this length is done: all of it in its turn, else a tenth. */
export function lengthOf(whole: number, turn: Turn, share = process.env[shareVariable]): number {
  return isWhole(turn, share) ? whole : Math.ceil(whole / shareCount)
}
/** Numbered runs, such as seeds, take turns by their number. */
export const turnOf = (number: number): Turn => (number % shareCount) as Turn
