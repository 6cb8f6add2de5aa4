/**
 * The worked example of docs/adding-a-play.md is what it says: its files, put in their folder, are a play that
 * works.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withFeature } from './manifest.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { manifests } from './tidy/folders.ts'
import { readTree } from './tidy/tree.ts'

const note = join(import.meta.dirname, '../docs/adding-a-play.md')
const home = 'features/src/bargain'
let project: ProjectCopy
beforeAll(async () => {
  project = await copyProject()
})
afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

/** Each fence that names a file in its opening line: ```ts contract.ts */
async function filesInNote(): Promise<Map<string, string>> {
  const text = await readFile(note, 'utf8')
  const fences = text.matchAll(/^(`{3,})[a-z]+ (\S+)\n([\s\S]*?)^\1$/gm)
  return new Map([...fences].map(([, , path, content]) => [path!, content!]))
}

test('the files of the note, and an item in each manifest, are a play that works', async () => {
  const files = await filesInNote()
  expect([...files.keys()]).toContain('contract.ts')
  const before = new Set(readTree(project.folder).files.map((file) => file.path))
  for (const [path, content] of files) {
    await mkdir(dirname(join(project.folder, home, path)), { recursive: true })
    await writeFile(join(project.folder, home, path), content)
  }
  const items: Record<string, [list: string, line: string, item: string]> = {
    contract: ['cards', `import { bargain } from '@qun/features/bargain/contract'`, 'bargain'],
    server: ['features', `import bargain from '@qun/features/bargain/server'`, 'bargain'],
    ui: ['features', `import * as bargain from '@qun/features/bargain/ui'`, 'bargain'],
  }
  for (const { path, part } of manifests) {
    const file = join(project.folder, path)
    await writeFile(file, withFeature(path, await readFile(file, 'utf8'), ...items[part]!))
  }
  const added = readTree(project.folder).files.filter((file) => !before.has(file.path))
  expect(added.every((file) => file.path.startsWith(`${home}/`))).toBe(true)
  await project.run('node', 'tools/docs.ts')
  expect(await project.typeErrors()).toEqual([])
  await project.run('oxlint', home, ...manifests.map((manifest) => manifest.path))
  await project.run('oxfmt', '--check', home)
  const tests = [
    home,
    'tools/tidy.test.ts',
    'tools/boundaries.test.ts',
    'tools/docs.test.ts',
    'tools/migrations.test.ts',
  ]
  expect(await project.run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)).toMatch(
    /Tests\s+\d+ passed/,
  )
})
