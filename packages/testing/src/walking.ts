/** How a random walk tells what it does, and what it met that its model says otherwise. Knows no walk. */
import { relative } from 'node:path'

/** The command that repeats a walk. */
export function announce(file: string, steps: number, seed: number): void {
  const walk = relative(process.cwd(), file)
  process.stdout.write(`QUN_TEST_SEED=${seed} QUN_WALK_STEPS=${steps} npm run test:slow -- ${walk}\n`)
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
