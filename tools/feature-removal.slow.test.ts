/** Takes features out of a copy of the repository and puts one in: what is left and what comes stands by itself. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { featureEdges } from './docs.ts'
import { withoutFeature } from './manifest.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { listFeatures, manifests } from './tidy/folders.ts'
import { readTree } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')
/** Worlds, seeds and the demo speak and make groups through these; orders are facts that plays react to. */
const base = ['message', 'membership', 'order']
let project: ProjectCopy
beforeEach(async () => {
  project = await copyProject()
})
afterEach(async () => {
  await project[Symbol.asyncDispose]()
})

const filesOf = (folder: string) => new Map(readTree(folder).files.map((file) => [file.path, file.text]))

// Pages that show a feature by name have to leave it out too: the gallery of faces, and the apps' page of a join link.
test.each([
  ['lucky-draw', /^packages\/ui\/gallery\//],
  ['invitation', /^(packages\/ui\/gallery|apps)\//],
])('without %s, types, imports and the other features’ tests hold', async (name, users) => {
  expect(base).not.toContain(name)
  await rm(join(project.folder, 'features/src', name), { recursive: true })
  for (const { path } of manifests) {
    const file = join(project.folder, path)
    const text = await readFile(file, 'utf8')
    const without = withoutFeature(path, text, name)
    expect(without).not.toBe(text)
    await writeFile(file, without)
  }
  await project.run('node', 'tools/docs.ts')
  expect(await project.typeErrors(users)).toEqual([])
  await project.run('oxlint')
  const tests = listFeatures(readTree(project.folder)).map((other) => `features/src/${other}/`)
  const printed = await project.run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)
  expect(printed).toMatch(/Tests\s+\d+ passed/)
})

test('every feature but the base can go: no other names its contract', () => {
  const tree = readTree(root)
  const needed = new Set(featureEdges(tree).map(([, to]) => to))
  expect([...needed].filter((name) => !base.includes(name))).toEqual([])
})

describe('a feature more', () => {
  test('is one folder and an item in each manifest, and works', async () => {
    const before = filesOf(project.folder)
    await project.run('node', 'tools/new-feature.ts', 'apple-tasting')
    const after = filesOf(project.folder)
    const changed = [...after.keys()].filter((path) => after.get(path) !== before.get(path))
    const outside = changed.filter((path) => !path.startsWith('features/src/apple-tasting/'))
    expect(outside.toSorted()).toEqual(manifests.map((manifest) => manifest.path).toSorted())
    for (const path of outside) {
      const old = new Set(before.get(path)!.split('\n'))
      const added = after
        .get(path)!
        .split('\n')
        .filter((line) => !old.has(line))
      expect(added.length, added.join('\n')).toBeLessThanOrEqual(2)
    }
    await project.run('node', 'tools/docs.ts')
    expect(await project.typeErrors()).toEqual([])
    await project.run('oxlint')
    await project.run('oxfmt', '--check', 'features/src/apple-tasting', ...outside)
    const tests = [
      'features/src/apple-tasting/',
      'tools/tidy.test.ts',
      'tools/boundaries.test.ts',
      'tools/docs.test.ts',
      'tools/migrations.test.ts',
    ]
    expect(await project.run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)).toMatch(
      /Tests\s+\d+ passed/,
    )
  })
})
