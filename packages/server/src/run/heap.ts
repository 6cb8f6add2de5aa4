/**
 * How the server process is given its memory, which what starts it passes on, since a running process cannot; and who
 * collects it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

/**
 * Megabytes of each half of the young generation. A server of many quiet sockets makes short-lived objects slowly, and
 * V8 lets a larger one grow full first: by its own choice 3,000 sockets weigh 36 KB each, with 4 MB 11 KB. A busy
 * server spends an eighth less with 16 MB than with 8; what a quiet one has left is given back (load.ts).
 */
export const semiSpaceMegabytes = 16

/** Node's arguments for a server process. */
export const heapFlags: readonly string[] = [`--max-semi-space-size=${semiSpaceMegabytes}`]

const ownThreads = '/proc/self/task'
/** Threads of V8 that mark, sweep and compile beside ours. Linux alone says which they are. */
export function helperThreads(): number[] {
  if (!existsSync(ownThreads)) return []
  const all = readdirSync(ownThreads)
  return all.filter((id) => readFileSync(`${ownThreads}/${id}/comm`, 'utf8') === 'V8Worker\n').map(Number)
}
/**
 * [RUN9] Whatever else wants the processor has it before them. Where a core is all there is, four of them beside ours
 * made it five times as slow for the 80 ms of a whole collection; on a core of their own they lose nothing.
 */
export function letHelpersYield(): void {
  for (const id of helperThreads()) setPriority(id, constants.priority.PRIORITY_BELOW_NORMAL)
}
