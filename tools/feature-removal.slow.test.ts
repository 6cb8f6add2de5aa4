/** Takes features out of a copy of the repository and puts one in: what is left and what comes stands by itself. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { featureEdges } from './docs.ts'
import { withoutFeature } from './manifest.ts'
import { listFeatures, manifests } from './tidy/folders.ts'
import { readTree } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')
const left = new Set(['node_modules', '.git', 'dist', 'data', '.cache', '.tmp', 'coverage'])
/** Worlds, seeds and the demo speak and make groups through these. */
const base = ['message', 'membership']
let copy: string

/**
 * A copy with its own workspace links: a plain link to node_modules would lead @qun/* back to the original, and the
 * copy would prove nothing.
 */
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'qun-copy-'))
  await cp(root, copy, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) })
  const modules = join(copy, 'node_modules')
  await mkdir(join(modules, '@qun'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@qun' && name !== '.vite') await symlink(join(root, 'node_modules', name), join(modules, name))
  for (const name of await readdir(join(root, 'node_modules/@qun'))) {
    const home = relative(root, await realpath(join(root, 'node_modules/@qun', name)))
    await symlink(join(copy, home), join(modules, '@qun', name))
  }
})
afterEach(async () => {
  await rm(copy, { recursive: true, force: true })
})

/** Runs a program of node_modules/.bin in the copy; fails with its output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const bin = join(root, 'node_modules/.bin')
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH']}`,
    NO_COLOR: '1',
    VITEST: undefined,
    VITEST_POOL_ID: undefined,
  }
  return await new Promise((resolve, reject) => {
    execFile(join(bin, program), args, { cwd: copy, env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`))
    })
  })
}
/** Fails with every type error outside of `ignored` files. */
async function checkTypes(ignored = /^$/): Promise<void> {
  for (const project of ['tsconfig.json', 'tsconfig.browser.json']) {
    const printed = await run('tsc', '-p', project, '--pretty', 'false').catch((error: Error) => error.message)
    const errors = printed.split('\n').filter((line) => /: error TS\d+:/.test(line) && !ignored.test(line))
    expect(errors).toEqual([])
  }
}
const filesOf = (folder: string) => new Map(readTree(folder).files.map((file) => [file.path, file.text]))

// Pages that show a feature by name have to leave it out too: the gallery of faces, and the apps' page of a join link.
test.each([
  ['lucky-draw', /^packages\/ui\/gallery\//],
  ['invitation', /^(packages\/ui\/gallery|apps)\//],
])('without %s, types, imports and the other features’ tests hold', async (name, users) => {
  expect(base).not.toContain(name)
  await rm(join(copy, 'features/src', name), { recursive: true })
  for (const { path } of manifests) {
    const file = join(copy, path)
    const text = await readFile(file, 'utf8')
    const without = withoutFeature(path, text, name)
    expect(without).not.toBe(text)
    await writeFile(file, without)
  }
  await run('node', 'tools/docs.ts')
  await checkTypes(users)
  await run('oxlint')
  const tests = listFeatures(readTree(copy)).map((other) => `features/src/${other}/`)
  const printed = await run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)
  expect(printed).toMatch(/Tests\s+\d+ passed/)
})

test('every feature but the base can go: no other names its contract', () => {
  const tree = readTree(root)
  const needed = new Set(featureEdges(tree).map(([, to]) => to))
  expect([...needed].filter((name) => !base.includes(name))).toEqual([])
})

describe('a feature more', () => {
  test('is one folder and an item in each manifest, and works', async () => {
    const before = filesOf(copy)
    await run('node', 'tools/new-feature.ts', 'apple-tasting')
    const after = filesOf(copy)
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
    await run('node', 'tools/docs.ts')
    await checkTypes()
    await run('oxlint')
    await run('oxfmt', '--check', 'features/src/apple-tasting', ...outside)
    const tests = [
      'features/src/apple-tasting/',
      'tools/tidy.test.ts',
      'tools/boundaries.test.ts',
      'tools/docs.test.ts',
      'tools/migrations.test.ts',
    ]
    expect(await run('vitest', 'run', '--project', 'fast', '--project', 'faces', ...tests)).toMatch(
      /Tests\s+\d+ passed/,
    )
  })
})
