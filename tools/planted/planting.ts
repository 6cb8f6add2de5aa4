/**
 * Finds the plants that lie beside random walks, plants one in a copy of the repository, and runs its walk there. Knows
 * no feature: what is planted is data of the folder it is planted in.
 */
import { glob, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plant, Plants } from '@qun/testing/planted'
import { runIn } from '../project-copy.ts'

/** A folder with a walk and what it must find. */
export interface Bed extends Plants {
  /** From the root. */
  readonly path: string
}
/** The one walk that every run takes: what it finds once it finds again. */
const seed = 20_260_304
export const walkIn = ({ path }: Bed): string => `${path}/walk.slow.test.ts`

export async function listBeds(root: string): Promise<Bed[]> {
  const beds: Bed[] = []
  for await (const file of glob('{features/src/*/*,packages/*/src}/plants.ts', { cwd: root })) {
    const { plants } = (await import(pathToFileURL(join(root, file)).href)) as { plants: Plants }
    beds.push({ path: dirname(file), ...plants })
  }
  return beds.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** The text with the bug in it. A plant without a place, or with several, would prove nothing: it is refused. */
export function planted(text: string, { bug, from, to }: Plant): string {
  const [before, after, ...more] = text.split(from)
  if (before === undefined || after === undefined || more.length > 0 || from === to)
    throw new Error(`“${bug}” stands in ${text.split(from).length - 1} places`)
  return before + to + after
}
/** Plants a bug in a copy; what it answers takes it out again. */
export async function plantIn(folder: string, { path }: Bed, plant: Plant): Promise<() => Promise<void>> {
  const file = join(folder, path, plant.file)
  const text = await readFile(file, 'utf8')
  await writeFile(file, planted(text, plant))
  return () => writeFile(file, text)
}

/** What a walk told in a copy: the difference from its model, and what else vitest printed. */
export interface Walked {
  readonly passed: boolean
  readonly differences: readonly string[]
  readonly printed: string
}
export async function walkThere(folder: string, bed: Bed): Promise<Walked> {
  const settings = { QUN_WALK_STEPS: String(bed.steps), QUN_TEST_SEED: String(seed) }
  const args = ['run', '--project', 'slow', walkIn(bed)]
  const { passed, printed } = await runIn(folder, 'vitest', args, settings).then(
    (said) => ({ passed: true, printed: said }),
    (error: unknown) => ({ passed: false, printed: String(error) }),
  )
  const differences = [...printed.matchAll(/^difference at (step \d+ of seed \d+: .*(?:\n.+)*)/gm)].map(
    ([, told = '']) => told,
  )
  return { passed, differences, printed }
}
/** Code that does not run is no bug that a walk found. */
export const isBroken = ({ printed }: Walked): boolean =>
  /\b(Syntax|Reference|Type)Error\b|syntax error at|(column|relation|function) .* does not exist/.test(printed)
