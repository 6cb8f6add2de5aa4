/**
 * [ATOM2] All calls that write and all actions, twice and three times at once and beside each other and what could undo
 * them, with the group's row held until both are under way, and without. Prints how many.
 */
import { casesOf, isWhole, Rehearsal, shareCount, turnOf } from '@qun/testing'
import { expect, test } from 'vitest'
import { listScenes, namesOf } from './fixtures.ts'
import { features } from './server.ts'

const names = new Set<string>()
const done = new Set<string>()
let pairs = 0

const scenes = [...listScenes()].map(([name, scene], n) => [name, scene, turnOf(n)] as const)
/** A scene whose turn it is not is played with a tenth of its cases, one at least. */
test.each(scenes)('[ATOM2] %s: at once as in some order', async (name, scene, turn) => {
  await using rehearsal = await Rehearsal.open(features)
  const all = namesOf(rehearsal.world.core.registry)
  for (const each of all) names.add(each)
  const stage = await rehearsal.stage()
  for (const call of await scene(await rehearsal.stage())) if (call.isRefused === true) done.add(call.name)
  const found: string[] = []
  for (const [n, one] of (await casesOf(name, scene, stage, (each) => all.includes(each))).entries()) {
    if (!isWhole(turn) && n % shareCount !== 0) continue
    pairs++
    const difference = await rehearsal.try(one, n % 3 !== 2)
    if (difference !== undefined) found.push(difference)
  }
  for (const each of rehearsal.done) done.add(each)
  process.stdout.write(`${name}: ${found.length} of its cases differ; ${pairs} cases so far\n${found.join('\n')}\n`)
  expect(found).toEqual([])
  expect(rehearsal.deadlocks).toBe(0)
})

// Last, over all scenes: a call that never went through proves nothing, its scene is amiss.
test('[ATOM2] every call that writes went through in some scene', () => {
  process.stdout.write(`${names.size} endpoints and actions that write, ${pairs} cases of two or three at once\n`)
  const missing = [...names].filter((name) => !done.has(name))
  // Nine scenes of ten are not played whole in a share: what they leave out is no fault of theirs.
  if (scenes.every(([, , turn]) => isWhole(turn))) expect(missing).toEqual([])
  else expect(done.size).toBeGreaterThan(0)
})
