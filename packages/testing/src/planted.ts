/**
 * Bugs that a random walk must find, as data beside the walk: a tool plants one at a time in a copy of the repository
 * and runs the walk there. And how a walk tells what it found. Knows no walk.
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

/**
 * Runs a walk to its end. What differs from its model is told with the step and the seed, which repeat it: at once,
 * since the end of a world that does not hold has faults of its own to tell.
 */
export async function walking(seed: number, step: () => number, walk: () => Promise<void>): Promise<void> {
  try {
    await walk()
  } catch (error) {
    const told = `step ${step()} of seed ${seed}: ${String(error)}`
    process.stdout.write(`difference at ${told}\n`)
    throw new Error(told, { cause: error })
  }
}
