/**
 * A feature more is one folder and an item in each manifest: what the template makes, and the worked example of
 * docs/adding-a-play.md, whose files, put in their folder, are a play that works.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withFeature } from './manifest.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { manifests } from './tidy/folders.ts'
import { readTree } from './tidy/tree.ts'

const note = join(import.meta.dirname, '../docs/adding-a-play.md')
const manifestPaths = manifests.map((manifest) => manifest.path)
let project: ProjectCopy
// One copy for both: types that did not change are not checked again.
beforeAll(async () => {
  project = await copyProject()
})
beforeEach(() => project.restore())
afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

const filesOf = (folder: string) => new Map(readTree(folder).files.map((file) => [file.path, file.text]))

/** Its types, style and tests hold, and so does what the repository says of all its features. */
async function proveFeature(home: string, formatted: readonly string[] = []): Promise<void> {
  await project.run('node', 'tools/docs.ts')
  expect(await project.typeErrors()).toEqual([])
  await project.run('oxlint', home, ...manifestPaths)
  await project.run('oxfmt', '--check', home, ...formatted)
  const tests = [
    `${home}/`,
    'tools/tidy.test.ts',
    'tools/boundaries.test.ts',
    'tools/docs.test.ts',
    'tools/migrations.test.ts',
  ]
  expect(await project.run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)).toMatch(
    /Tests\s+\d+ passed/,
  )
}

test('what the template makes is one folder and an item in each manifest, and works', async () => {
  const before = filesOf(project.folder)
  await project.run('node', 'tools/new-feature.ts', 'plays/apple-tasting')
  const after = filesOf(project.folder)
  const changed = [...after.keys()].filter((path) => after.get(path) !== before.get(path))
  const outside = changed.filter((path) => !path.startsWith('features/src/plays/apple-tasting/'))
  expect(outside.toSorted()).toEqual(manifestPaths.toSorted())
  for (const path of outside) {
    const old = new Set(before.get(path)!.split('\n'))
    const added = after
      .get(path)!
      .split('\n')
      .filter((line) => !old.has(line))
    expect(added.length, added.join('\n')).toBeLessThanOrEqual(2)
  }
  await proveFeature('features/src/plays/apple-tasting', manifestPaths)
})

/** Each fence that names a file in its opening line: ```ts contract.ts */
async function filesInNote(): Promise<Map<string, string>> {
  const text = await readFile(note, 'utf8')
  const fences = text.matchAll(/^(`{3,})[a-z]+ (\S+)\n([\s\S]*?)^\1$/gm)
  return new Map([...fences].map(([, , path, content]) => [path!, content!]))
}

test('the files of the note, and an item in each manifest, are a play that works', async () => {
  const home = 'features/src/plays/bargain'
  const files = await filesInNote()
  expect([...files.keys()]).toContain('contract.ts')
  const before = new Set(filesOf(project.folder).keys())
  for (const [path, content] of files) {
    await mkdir(dirname(join(project.folder, home, path)), { recursive: true })
    await writeFile(join(project.folder, home, path), content)
  }
  const items: Record<string, [list: string, line: string, item: string]> = {
    contract: ['cards', `import { bargain } from '@qun/features/plays/bargain/contract'`, 'bargain'],
    server: ['features', `import bargain from '@qun/features/plays/bargain/server'`, 'bargain'],
    ui: ['features', `import * as bargain from '@qun/features/plays/bargain/ui'`, 'bargain'],
  }
  for (const { path, part } of manifests) {
    const file = join(project.folder, path)
    await writeFile(file, withFeature(path, await readFile(file, 'utf8'), ...items[part]!))
  }
  const added = [...filesOf(project.folder).keys()].filter((path) => !before.has(path))
  expect(added.every((path) => path.startsWith(`${home}/`))).toBe(true)
  await proveFeature(home)
})
