/** Dependencies: each is listed with its licence and reason, and is declared by the package that imports it. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { isTest, parse, walkNodes, type Breach, type File, type Node, type Tree } from './tree.ts'

interface Manifest {
  readonly name: string
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}
export const dependencyTable = 'docs/adr/0013-keep-dependencies-listed-with-reasons.md'

/** Every package from outside that some package.json asks for, with the version it asks for. */
export function listDependencies(tree: Tree): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of tree.files.filter(({ path }) => /(^|\/)package\.json$/.test(path))) {
    const manifest = JSON.parse(file.text) as Manifest
    const exact = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    for (const [name, version] of Object.entries(exact)) found.set(name, version)
    // A peer's range says less than the version another package asks for.
    for (const [name, range] of Object.entries(manifest.peerDependencies ?? {}))
      if (!found.has(name)) found.set(name, range)
  }
  return new Map([...found].filter(([name]) => !name.startsWith('@qun/')))
}

/** The table must name each dependency once, at its version, with a licence and a reason. */
export function checkDependencyTable(tree: Tree): Breach[] {
  const table = tree.find(dependencyTable)
  if (table === undefined) return [{ rule: 'dependencies', path: dependencyTable, message: 'The table is missing.' }]
  const rows = new Map(
    [...table.text.matchAll(/^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)].map((row) => [row[1]!, row]),
  )
  const wanted = listDependencies(tree)
  const breach = (message: string) => ({ rule: 'dependencies', path: dependencyTable, message })
  return [
    ...[...wanted].flatMap(([name, version]) => {
      const row = rows.get(name)
      if (row === undefined) return [breach(`${name} is not listed.`)]
      if (row[2]!.trim() !== version)
        return [breach(`${name} is listed at ${row[2]!.trim()}; package.json says ${version}.`)]
      if (row[3]!.trim() === '' || row[4]!.trim().length < 10) return [breach(`${name} needs a licence and a reason.`)]
      return /\bA?GPL\b/.test(row[3]!) ? [breach(`${name} is under ${row[3]!.trim()}, which Qun may not ship.`)] : []
    }),
    ...[...rows.keys()].filter((name) => !wanted.has(name)).map((name) => breach(`${name} is listed and not used.`)),
  ]
}

/** Hoisting lets any package import any other; this keeps each honest about what it needs. */
export function checkDeclared(tree: Tree): Breach[] {
  const root = manifestOf(tree, 'package.json')
  const everywhere = { ...root?.dependencies, ...root?.devDependencies }
  return tree.sources
    .filter((file) => /^(packages\/[^/]+\/src|features\/src|apps)\//.test(file.path))
    .flatMap((file) => {
      const manifest = manifestOf(tree, manifestPath(file.path))
      const own = { ...manifest?.dependencies, ...manifest?.peerDependencies, ...manifest?.optionalDependencies }
      return importedPackages(file)
        .filter(({ name, typeOnly }) => {
          if (name in own || name === manifest?.name) return false
          return !(
            (isTest(file.path) || typeOnly || isTooling(file)) &&
            (name in everywhere || name.startsWith('@qun/') || `@types/${name}` in everywhere)
          )
        })
        .map(({ name }) => ({
          rule: 'undeclared',
          path: file.path,
          message: `${name} is not in ${manifestPath(file.path)}.`,
        }))
    })
}
function isTooling({ path }: File): boolean {
  return /(^|\/)vite[a-z.]*\.config\.ts$/.test(path)
}
function manifestPath(path: string): string {
  return path.startsWith('features/')
    ? 'features/package.json'
    : `${path.split('/').slice(0, 2).join('/')}/package.json`
}
function manifestOf(tree: Tree, path: string): Manifest | undefined {
  const file = tree.find(posix.normalize(path))
  return file === undefined ? undefined : (JSON.parse(file.text) as Manifest)
}

function importedPackages(file: File): { name: string; typeOnly: boolean }[] {
  const found: { name: string; typeOnly: boolean }[] = []
  walkNodes(parse(file).program, (node) => {
    if (!/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type)) return
    const specifier = (node['source'] as Node | null | undefined)?.['value']
    if (typeof specifier !== 'string' || /^[./]|^node:|^virtual:/.test(specifier) || builtinModules.includes(specifier))
      return
    const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1)
    found.push({ name: parts.join('/'), typeOnly: node['importKind'] === 'type' || node['exportKind'] === 'type' })
  })
  return found
}
