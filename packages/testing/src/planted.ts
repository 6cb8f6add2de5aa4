/**
 * Bugs that a random walk must find, as data beside the walk: a tool plants one at a time in a copy of the repository
 * and runs the walk there. Knows no walk.
 */

/** One bug that people make. */
export interface Plant {
  /** What is wrong with it planted. */
  readonly bug: string
  /** Beside the walk. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly from: string
  readonly to: string
}
export interface Plants {
  /** Steps of the walk within which each of them is found. */
  readonly steps: number
  readonly bugs: readonly Plant[]
}
