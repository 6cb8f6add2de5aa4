/** What a ballot may hold and what it does to the counts: pure, no clock, no storage, no chance. */
import { optionsMax } from './contract.ts'

/** [PL1] [PL2] The code with which choices are refused, if they are. */
export function choicesFault(
  choices: readonly number[],
  optionCount: number,
  choicesMax: number,
): 'poll.option' | 'poll.too_many' | undefined {
  const isKnown = choices.every((choice) => choice >= 0 && choice < optionCount)
  if (!isKnown || new Set(choices).size < choices.length) return 'poll.option'
  return choices.length > choicesMax ? 'poll.too_many' : undefined
}
/** [PL4] The counts once a ballot changes from `before` to `after`. */
export function countsAfter(counts: readonly number[], before: readonly number[], after: readonly number[]): number[] {
  const changed = [...counts]
  for (const choice of before) changed[choice] = (changed[choice] ?? 0) - 1
  for (const choice of after) changed[choice] = (changed[choice] ?? 0) + 1
  return changed
}
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((choice) => b.includes(choice))
}
/** [PL8] How two options are told apart: blanks and case say nothing. */
export function optionKey(option: string): string {
  return option.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}
/** Different options, and no more choices than options. */
export function optionsFit(options: readonly string[], choicesMax: number): boolean {
  const keys = new Set(options.map(optionKey))
  return keys.size === options.length && !keys.has('') && choicesMax <= optionsMax
}
