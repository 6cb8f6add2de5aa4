/** Feature folders: which files they hold, and that each manifest names each of them. */
import { parse, type Breach, type File, type Node, type Tree } from './tree.ts'

/** Always these names; a big part may be divided as `server-media.ts`, never under another first word. */
const allowed = [
  /^README\.md$/,
  /^(contract|rules|store|server|texts)(-[a-z0-9-]+)?\.ts$/,
  /^[a-z0-9-]+\.(slow\.)?test\.ts$/,
  // What several of its tests begin with; nothing else imports it.
  /^fixtures\.ts$/,
  /^(ui|console)\/[a-z0-9-]+\.(ts|tsx|css)$/,
  /^(ui|console)\/[a-z0-9-]+\.test\.tsx?$/,
]
/** Files under other names, each with its reason. */
export const folderExceptions: readonly { readonly path: string; readonly reason: string }[] = [
  { path: 'lucky-draw/verify.mjs', reason: 'Anyone repeats a draw with it, without this repository.' },
]
const needed = ['README.md', 'contract.ts', 'server.ts']

/** The three manifests and which file of a feature each of them names. */
export const manifests = [
  { path: 'packages/chat/src/contract.ts', part: 'contract', file: 'contract.ts' },
  { path: 'packages/chat/src/server.ts', part: 'server', file: 'server.ts' },
  { path: 'packages/chat/src/react.tsx', part: 'ui', file: 'ui/index.tsx' },
] as const

export function listFeatures(tree: Tree): string[] {
  const names = tree.files.map((file) => /^features\/src\/([^/]+)\//.exec(file.path)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].toSorted()
}

export function checkFolders(tree: Tree): Breach[] {
  const strays = tree.files.filter((file) => /^features\/src\/[^/]+$/.test(file.path))
  return [
    ...strays.map(({ path }) => ({
      rule: 'feature-files',
      path,
      message: 'Every file of features/src is in a folder of a feature.',
    })),
    ...listFeatures(tree).flatMap((name) => checkFolder(tree, name)),
    ...manifests.flatMap((manifest) => checkManifest(tree, manifest)),
  ]
}

function checkFolder(tree: Tree, name: string): Breach[] {
  const prefix = `features/src/${name}/`
  const own = tree.files.filter((file) => file.path.startsWith(prefix)).map((file) => file.path.slice(prefix.length))
  const breaches: Breach[] = own
    .filter((file) => !allowed.some((pattern) => pattern.test(file)))
    .filter((file) => !folderExceptions.some((exception) => exception.path === `${name}/${file}`))
    .map((file) => ({
      rule: 'feature-files',
      path: prefix + file,
      message: 'Not a name of a feature file: README.md, contract, rules, store, server, texts, ui/, console/, tests.',
    }))
  for (const file of needed.filter((candidate) => !own.includes(candidate)))
    breaches.push({ rule: 'feature-files', path: prefix + file, message: 'Every feature has it.' })
  if (!own.some((file) => /^[^/]+\.test\.ts$/.test(file)))
    breaches.push({ rule: 'feature-files', path: prefix, message: 'A feature has tests of its behaviour.' })
  return breaches
}

function checkManifest(tree: Tree, { path, part, file }: (typeof manifests)[number]): Breach[] {
  const manifest = tree.find(path)
  if (manifest === undefined) return [{ rule: 'manifests', path, message: 'The manifest is missing.' }]
  const named = new Set(featuresNamed(manifest, part))
  const present = listFeatures(tree).filter((name) => tree.find(`features/src/${name}/${file}`) !== undefined)
  return [
    ...present
      .filter((name) => !named.has(name))
      .map((name) => ({ rule: 'manifests', path, message: `It does not name ${name}, which has ${file}.` })),
    ...[...named]
      .filter((name) => !present.includes(name))
      .map((name) => ({ rule: 'manifests', path, message: `It names ${name}, which has no ${file}.` })),
  ]
}

function featuresNamed(manifest: File, part: string): string[] {
  const statements = parse(manifest).program['body'] as Node[]
  const sources = statements.map((node) => (node['source'] as Node | null | undefined)?.['value'])
  return sources
    .map((source) => (typeof source === 'string' ? /^@qun\/features\/([^/]+)\/([^/]+)$/.exec(source) : null))
    .filter((match) => match?.[2] === part)
    .map((match) => match![1]!)
}
