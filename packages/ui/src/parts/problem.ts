/** Reads the refusal out of whatever was thrown. */
import type { SdkProblem } from '@qun/sdk'
import type { Text } from '@qun/contract'
import { texts } from '../texts.ts'

/** The server's refusal; undefined for anything else. Checked by form, so that two copies of the SDK do not matter. */
export function problemOf(error: unknown): SdkProblem | undefined {
  if (typeof error !== 'object' || error === null || !('problem' in error)) return undefined
  const { problem } = error
  return typeof problem === 'object' && problem !== null && 'title' in problem ? (problem as SdkProblem) : undefined
}
/** One sentence for the person: the refusal's title, else that something went wrong. */
export function problemText(error: unknown): Text {
  const problem = problemOf(error)
  if (problem) return problem.title
  return error instanceof TypeError ? texts['error.offline'] : texts['error.unknown']
}
