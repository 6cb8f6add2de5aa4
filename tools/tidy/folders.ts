/** Feature folders: which files they hold, and that each manifest names each of them. */
import { isTest, parse, type Breach, type File, type Node, type Tree } from './tree.ts'

/** Always these names; a big part may be divided as `server-media.ts`, never under another first word. */
const allowed = [
  /^README\.md$/,
  /^(contract|rules|store|server|texts)(-[a-z0-9-]+)?\.ts$/,
  /^[a-z0-9-]+\.(slow\.)?test\.ts$/,
  // What several of its tests begin with; nothing else imports it.
  /^fixtures(-[a-z0-9-]+)?\.ts$/,
  // Bugs that its random walk must find, for the tool that plants them.
  /^plants\.ts$/,
  // Its calls as they can be made, for the test that makes each of them twice at once.
  /^scene\.ts$/,
  /^(ui|console)\/[a-z0-9-]+\.(ts|tsx|css)$/,
  /^(ui|console)\/[a-z0-9-]+\.test\.tsx?$/,
]
/** Files under other names, each with its reason. */
export const folderExceptions: readonly { readonly path: string; readonly reason: string }[] = [
  { path: 'plays/lucky-draw/verify.mjs', reason: 'Anyone repeats a draw with it, without this repository.' },
]
const needed = ['README.md', 'contract.ts', 'server.ts']
/** Folders of what servers of several features have in common: they are no features, and no manifest names them. */
const sharedHome = 'features/src/shared/'
const allowedShared = [/^README\.md$/, /^(store|server)(-[a-z0-9-]+)?\.ts$/, /^[a-z0-9-]+\.(slow\.)?test\.ts$/]

/** The three manifests and which file of a feature each of them names. */
export const manifests = [
  { path: 'packages/chat/src/contract.ts', part: 'contract', file: 'contract.ts' },
  { path: 'packages/chat/src/server.ts', part: 'server', file: 'server.ts' },
  { path: 'packages/chat/src/react.tsx', part: 'ui', file: 'ui/index.tsx' },
] as const

/** Where features live, by what a person would call them. A domain is a place: no name, kind or prefix has it. */
export const domains: Readonly<Record<string, string>> = {
  words: 'what people say: messages, what is found, pinned and gathered of them',
  people: 'who is there: members, invitations, levels',
  plays: 'what people act on together: packets, draws, polls, lists',
  trade: 'what is bought and what it is worth: products, orders, coupons, points',
  care: 'what keeps a group well: moderation, reports',
  reach: 'what goes out to people: notices, automations',
  insight: 'what is learnt from what happened',
}

export interface FeatureHome {
  readonly name: string
  readonly domain: string
  /** Its folder, from the root. */
  readonly path: string
}
/** Every feature, by name. */
export function listFeatures(tree: Tree): FeatureHome[] {
  const homes = new Map<string, FeatureHome>()
  for (const file of tree.files) {
    if (file.path.startsWith(sharedHome)) continue
    const [path, domain, name] = /^features\/src\/([^/]+)\/([^/]+)(?=\/)/.exec(file.path) ?? []
    if (path !== undefined) homes.set(path, { name: name!, domain: domain!, path })
  }
  return [...homes.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** Every folder of `shared/`, from the root. */
export function listShared(tree: Tree): string[] {
  const homes = tree.files.flatMap(({ path }) => /^features\/src\/shared\/[^/]+(?=\/)/.exec(path) ?? [])
  return [...new Set(homes)].toSorted()
}

export function checkFolders(tree: Tree): Breach[] {
  const strays = tree.files.filter((file) => /^features\/src\/([^/]+\/)?[^/]+$/.test(file.path))
  const features = listFeatures(tree)
  const names = features.map((feature) => feature.name)
  return [
    ...strays.map(({ path }) => ({
      rule: 'feature-files',
      path,
      message: 'Every file of features/src is in a folder of a feature, in its domain.',
    })),
    ...features
      .filter(({ domain }) => !Object.hasOwn(domains, domain))
      .map(({ path, domain }) => ({
        rule: 'domains',
        path,
        message: `${domain} is no domain of tools/tidy/folders.ts.`,
      })),
    ...features
      .filter(({ name }, at) => names.indexOf(name) !== at)
      .map(({ path, name }) => ({ rule: 'domains', path, message: `${name} is in another domain too.` })),
    ...features.flatMap((feature) => checkFolder(tree, feature)),
    ...checkShared(tree),
    ...manifests.flatMap((manifest) => checkManifest(tree, manifest)),
  ]
}

function checkFolder(tree: Tree, { path, domain, name }: FeatureHome): Breach[] {
  const prefix = `${path}/`
  const own = tree.files.filter((file) => file.path.startsWith(prefix)).map((file) => file.path.slice(prefix.length))
  const breaches: Breach[] = own
    .filter((file) => !allowed.some((pattern) => pattern.test(file)))
    .filter((file) => !folderExceptions.some((exception) => exception.path === `${domain}/${name}/${file}`))
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

/** What is shared is used by two at least: what one feature alone needs is its own. */
function checkShared(tree: Tree): Breach[] {
  const own = tree.files.filter((file) => file.path.startsWith(sharedHome))
  const breaches: Breach[] = []
  const report = (path: string, message: string) => void breaches.push({ rule: 'shared-files', path, message })
  for (const { path } of own)
    if (!allowedShared.some((pattern) => pattern.test(path.split('/').slice(4).join('/'))))
      report(path, 'Not a name of a shared file: README.md, store, server, tests.')
  for (const home of listShared(tree)) {
    if (tree.find(`${home}/README.md`) === undefined) report(`${home}/README.md`, 'It says what is shared, and why.')
    const users = listFeatures(tree).filter((feature) =>
      tree.sources.some(
        ({ path, text }) =>
          path.startsWith(`${feature.path}/`) && !isTest(path) && text.includes(`'../../${home.slice(13)}/`),
      ),
    )
    if (users.length < 2) report(home, 'Two features share it at least; what one alone needs is its own.')
  }
  return breaches
}

function checkManifest(tree: Tree, { path, part, file }: (typeof manifests)[number]): Breach[] {
  const manifest = tree.find(path)
  if (manifest === undefined) return [{ rule: 'manifests', path, message: 'The manifest is missing.' }]
  const named = new Set(featuresNamed(manifest, part))
  const present = listFeatures(tree)
    .filter((feature) => tree.find(`${feature.path}/${file}`) !== undefined)
    .map((feature) => `${feature.domain}/${feature.name}`)
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
    .map((source) => (typeof source === 'string' ? /^@qun\/features\/([^/]+\/[^/]+)\/([^/]+)$/.exec(source) : null))
    .filter((match) => match?.[2] === part)
    .map((match) => match![1]!)
}
