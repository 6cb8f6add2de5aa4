/** Statements whose plan may read a whole table or sort a whole range, each with its reason: the only list of them. */

export interface PlanException {
  /** Stands in the text of the statement. */
  readonly part: string
  readonly reason: string
}

export const planExceptions: readonly PlanException[] = []
