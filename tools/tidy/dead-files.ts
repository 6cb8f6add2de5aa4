/** Source files that nothing reaches from an entry, a page, a script or a test. It follows files, not their exports. */
import { posix } from 'node:path'
import { entriesOf } from './ambient.ts'
import { folderExceptions } from './folders.ts'
import { isTest, type Breach, type File, type Tree } from './tree.ts'

/** What starts by itself: entries of packages and features, pages, scripts, configurations and tests. */
function isRoot(file: File, tree: Tree): boolean {
  if (isTest(file.path) || entriesOf(tree).has(file.path)) return true
  if (folderExceptions.some((exception) => `features/src/${exception.path}` === file.path)) return true
  if (/\.(html|json)$/.test(file.path) || /(^|\/)(vite|vitest)[a-z.]*\.config\.ts$/.test(file.path)) return true
  return isScript(file, tree)
}

/** A file that a script of some package.json or the gate runs, or an app's main file. */
function isScript({ path }: File, tree: Tree): boolean {
  if (/^apps\/[^/]+\/src\/main\.tsx?$/.test(path)) return true
  return tree.files
    .filter((file) => file.path === 'package.json' || file.path === '.ci/run')
    .some((file) => file.text.includes(`node ${path}`))
}

const reference = /['"`]((?:\.{1,2}\/|\/src\/|@qun\/)[^'"`\n?]+)(?:\?[a-z]+)?['"`]/g

function referencesOf(file: File, tree: Tree): string[] {
  return [...file.text.matchAll(reference)].flatMap((match) => resolve(file.path, match[1]!, tree))
}

function resolve(from: string, specifier: string, tree: Tree): string[] {
  if (specifier.startsWith('@qun/')) return resolvePackage(specifier, tree)
  const folder = posix.dirname(from)
  // A page's `/src/…` counts from the app's root, which is the page's folder or one above it.
  const bases = specifier.startsWith('/') ? [folder, posix.dirname(folder)] : [folder]
  return bases.map((base) => posix.normalize(`${base}/${specifier}`)).filter((path) => tree.find(path) !== undefined)
}

interface Manifest {
  readonly home: string
  readonly exports: Readonly<Record<string, unknown>>
}
const manifests = new WeakMap<Tree, Map<string, Manifest>>()
/** The packages of the workspace, by name. */
function manifestsOf(tree: Tree): Map<string, Manifest> {
  let found = manifests.get(tree)
  if (found === undefined) {
    found = new Map()
    for (const file of tree.files.filter(({ path }) => path.endsWith('/package.json'))) {
      const { name, exports = {} } = JSON.parse(file.text) as { name: string; exports?: Record<string, unknown> }
      found.set(name, { home: posix.dirname(file.path), exports })
    }
    manifests.set(tree, found)
  }
  return found
}

function resolvePackage(specifier: string, tree: Tree): string[] {
  const [scope, name, ...rest] = specifier.split('/')
  const found = manifestsOf(tree).get(`${scope}/${name}`)
  if (found === undefined) return []
  const { home, exports } = found
  const wanted = ['.', ...rest].join('/')
  for (const [key, target] of Object.entries(exports)) {
    const star = new RegExp(`^${key.replaceAll('.', '\\.').replace('*', '(.+)')}$`).exec(wanted)
    if (star !== null && typeof target === 'string')
      return [posix.normalize(`${home}/${target.replaceAll('*', star[1] ?? '')}`)]
  }
  return []
}

export function checkDeadFiles(tree: Tree): Breach[] {
  const alive = new Set<string>()
  const queue = tree.files.filter((file) => isRoot(file, tree))
  while (queue.length > 0) {
    const file = queue.pop()!
    if (alive.has(file.path)) continue
    alive.add(file.path)
    for (const path of referencesOf(file, tree)) {
      const next = tree.find(path)
      if (next !== undefined && !alive.has(path)) queue.push(next)
    }
  }
  return tree.files
    .filter((file) => /^(packages|features|apps|tools)\/.*\.(ts|tsx|css|mjs)$/.test(file.path))
    .filter((file) => !alive.has(file.path))
    .map(({ path }) => ({ rule: 'dead-file', path, message: 'Nothing imports it and nothing starts it; delete it.' }))
}
