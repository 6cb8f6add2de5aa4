/**
 * Random walks find bugs: each is planted alone in a copy of the repository, and the walk beside it must tell of a
 * difference from its model. A commit plants a tenth of them; `npm run test:slow -- --whole tools/planted` all.
 */
import { join } from 'node:path'
import { isWhole, turnOf } from '@qun/testing/share'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyProject, type ProjectCopy } from '../project-copy.ts'
import { isBroken, listBeds, plantIn, walkThere } from './planting.ts'

const beds = await listBeds(join(import.meta.dirname, '../..'))
const due = beds.flatMap((bed) =>
  bed.bugs.filter((_, n) => isWhole(turnOf(n))).map((plant) => ({ bed, plant, path: bed.path, bug: plant.bug })),
)
let project: ProjectCopy
beforeAll(async () => {
  project = await copyProject()
})
afterAll(() => project[Symbol.asyncDispose]())

test.each(beds)('$path finds nothing where nothing is planted', async (bed) => {
  const { passed, differences, printed } = await walkThere(project.folder, bed)
  expect({ differences, passed }, printed).toEqual({ differences: [], passed: true })
})
test.each(due)('$path finds: $bug', async ({ bed, plant }) => {
  const takeOut = await plantIn(project.folder, bed, plant)
  try {
    const walked = await walkThere(project.folder, bed)
    expect(walked.differences, walked.printed).toHaveLength(1)
    expect(isBroken(walked), walked.printed).toBe(false)
    process.stdout.write(`${bed.path}, ${plant.bug}: ${walked.differences[0]?.split('\n')[0]}\n`)
  } finally {
    await takeOut()
  }
})
