/** Takes features out of a copy of the repository: what is left stands by itself. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { featureEdges } from './docs.ts'
import { withoutFeature } from './manifest.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { listFeatures, manifests } from './tidy/folders.ts'
import { readTree } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')
/** Worlds, seeds and the demo speak and make groups through these; orders are facts that plays react to. */
const base = ['message', 'membership', 'order']
const homeOf = (name: string) => listFeatures(readTree(root)).find((feature) => feature.name === name)!.path
/** Tests of other features that play this one beside theirs: what they show needs both, so they go with either. */
const testsWith = (name: string): string[] => {
  const names = new RegExp(`'(?:\\.\\./)+(?:[a-z-]+/)?${name}/`)
  return readTree(root)
    .sources.filter(({ path, text }) => /^features\/.*\.test\.tsx?$/.test(path) && names.test(text))
    .map(({ path }) => path)
}
let project: ProjectCopy
// One copy for all: types that did not change are not checked again.
beforeAll(async () => {
  project = await copyProject()
})
beforeEach(() => project.restore())
afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

async function takeOut(name: string): Promise<void> {
  expect(base).not.toContain(name)
  await rm(join(project.folder, homeOf(name)), { recursive: true })
  for (const path of testsWith(name)) await rm(join(project.folder, path))
  for (const { path } of manifests) {
    const file = join(project.folder, path)
    const text = await readFile(file, 'utf8')
    const without = withoutFeature(path, text, name)
    expect(without).not.toBe(text)
    await writeFile(file, without)
  }
  await project.run('node', 'tools/docs.ts')
}

// Pages that show a feature by name have to leave it out too: the gallery of faces, and the apps' page of a join link.
const removed = [
  ['lucky-draw', /^packages\/ui\/gallery\//],
  ['invitation', /^(packages\/ui\/gallery|apps)\//],
] as const

test.each(removed)('without %s, types and imports hold', async (name, users) => {
  await takeOut(name)
  expect(await project.typeErrors(users)).toEqual([])
  await project.run('oxlint', ...manifests.map((manifest) => manifest.path))
})

// What another feature does alone is its own tests' matter, and types show who misses one: a server and the base's
// worlds prove that the engine stands without them, faces that every card and form does.
test('without either, types, imports, the base’s worlds and all faces hold', async () => {
  for (const [name] of removed) await takeOut(name)
  expect(await project.typeErrors(/^(packages\/ui\/gallery|apps)\//)).toEqual([])
  await project.run('oxlint')
  const worlds = ['packages/server/src/run/server.test.ts', ...base.map((name) => `${homeOf(name)}/`)]
  const faces = listFeatures(readTree(project.folder)).map(({ path }) => `${path}/ui/`)
  for (const tests of [
    ['fast', ...worlds],
    ['faces', ...faces],
  ])
    expect(await project.run('vitest', 'run', '--project', ...tests)).toMatch(/Tests\s+\d+ passed/)
})

test('every feature but the base can go: no other names its contract', () => {
  const tree = readTree(root)
  const needed = new Set(featureEdges(tree).map(([, to]) => to))
  expect([...needed].filter((name) => !base.includes(name))).toEqual([])
})
