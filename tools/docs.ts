/** Writes the parts of docs that are made from code (`npm run docs`); a test compares them. It knows no prose. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, matchesGlob, posix } from 'node:path'
import { settingsMarkdown } from '@qun/server'
import { filesOf, importTable, packageNames, rooms, type ImportRow } from './import-table.ts'
import { domains, listFeatures, listShared } from './tidy/folders.ts'
import { isTest, readTree, type Tree } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')

/** Which parts of features a row may import, a letter each. */
function featuresCell({ features, folder }: ImportRow): string {
  const parts = [
    features !== undefined && 'c',
    features === 'faces' && 'f',
    (folder?.shared ?? 'none') !== 'none' && 's',
  ]
  return parts.filter((part) => part !== false).join(' ')
}
/** Rows import columns. */
export function importTableText(): string {
  const cells = (row: ImportRow) =>
    packageNames.map((name) => {
      if (row.may.includes(name)) return '●'
      return name === 'features' ? featuresCell(row) : ''
    })
  return [
    `| from \\ to | ${packageNames.join(' | ')} |`,
    `| --- |${' --- |'.repeat(packageNames.length)}`,
    ...importTable.map((row) => `| ${row.title} | ${cells(row).join(' | ')} |`),
  ].join('\n')
}

/** What each room of the large packages holds, and each domain of features. */
export function roomsText(tree: Tree): string {
  const rows = Object.entries(rooms).flatMap(([packageName, all]) =>
    all.map(({ name, holds }) => `| ${packageName} | \`${name}\` | ${holds} |`),
  )
  const features = listFeatures(tree)
  const places = Object.entries(domains).flatMap(([domain, holds]) => {
    const names = features.filter((feature) => feature.domain === domain).map((feature) => feature.name)
    return names.length === 0 ? [] : [`| features | \`${domain}\` | ${holds} (${names.join(', ')}) |`]
  })
  const shared = listShared(tree).map((home) => home.split('/').at(-1))
  const common = `| features | \`shared\` | what servers of several features have in common; no feature (${shared.join(', ')}) |`
  return ['| in | room | holds |', '| --- | --- | --- |', ...rows, ...places, common].join('\n')
}

/** Which rooms of a package import which others, tests apart. */
export function roomArrows(tree: Tree, packageName: keyof typeof rooms): [from: string, to: string][] {
  const roomOf = (path: string) =>
    rooms[packageName].find((room) => filesOf(packageName, room).some((glob) => matchesGlob(path, glob)))?.name
  const arrows = new Map<string, [string, string]>()
  for (const { path, text } of tree.sources) {
    const from = isTest(path) ? undefined : roomOf(path)
    if (from === undefined) continue
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const to = roomOf(posix.join(posix.dirname(path), match[1]!))
      if (to !== undefined && to !== from) arrows.set(`${from} ${to}`, [from, to])
    }
  }
  return [...arrows.values()]
}
/** A drawing of a package's rooms, from top to bottom. The door's own arrows go nearly everywhere and are left out. */
export function roomPicture(tree: Tree, packageName: keyof typeof rooms): string {
  const names = rooms[packageName].map(({ name }) => name)
  const [door = ''] = names
  const place = ([from, to]: readonly [string, string]) => names.indexOf(from) * names.length + names.indexOf(to)
  const arrows = roomArrows(tree, packageName)
    .filter(([from]) => from !== door)
    .toSorted((one, other) => place(one) - place(other))
  const below = (from: string) => arrows.filter(([name]) => name === from).map(([, to]) => to)
  const lines = names.filter((name) => below(name).length > 0).map((name) => `  ${name} --> ${below(name).join(' & ')}`)
  return ['```mermaid', 'flowchart TB', ...lines, '```'].join('\n')
}

/** Which features name which others, by the contracts they import outside of tests. */
export function featureEdges(tree: Tree): [from: string, to: string][] {
  const edges = new Map<string, [string, string]>()
  for (const file of tree.sources) {
    const from = /^features\/src\/[^/]+\/([^/]+)\//.exec(file.path)?.[1]
    if (from === undefined || file.path.includes('.test.')) continue
    for (const match of file.text.matchAll(
      /'(?:@qun\/features\/[a-z-]+|(?:\.\.\/)+[a-z-]+|\.\.(?:\/\.\.)?)\/([a-z-]+)\/contract(?:\.ts)?'/g,
    ))
      if (match[1] !== from) edges.set(`${from} ${match[1]}`, [from, match[1]!])
  }
  return [...edges.values()].toSorted((one, other) => one.join(' ').localeCompare(other.join(' ')))
}
export function featureEdgesText(tree: Tree): string {
  const lines = listFeatures(tree).map(({ name, domain }) => {
    const named = featureEdges(tree).filter(([from]) => from === name)
    return `| ${domain}/${name} | ${named.map(([, to]) => to).join(', ') || '–'} |`
  })
  return ['| feature | names |', '| --- | --- |', ...lines].join('\n')
}

/** The text of a page with its made parts filled in. Fails if a part has no place. */
export function fillPage(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const place = new RegExp(`(<!-- made by npm run docs: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(text)) throw new Error(`the page has no place for ${name}`)
    return text.replace(place, (_whole, before: string, after: string) => `${before}${part}\n${after}`)
  }, page)
}

/** Pages with made parts. */
export function madePages(tree: Tree): { path: string; parts: Record<string, string> }[] {
  return [
    {
      path: 'docs/architecture.md',
      parts: {
        rooms: roomsText(tree),
        'rooms-core': roomPicture(tree, 'core'),
        'rooms-server': roomPicture(tree, 'server'),
        'rooms-ui': roomPicture(tree, 'ui'),
        'import-table': importTableText(),
        'feature-edges': featureEdgesText(tree),
      },
    },
    { path: 'docs/configuration.md', parts: { settings: settingsMarkdown() } },
  ]
}

if (import.meta.main) {
  for (const { path, parts } of madePages(readTree(root))) {
    const file = join(root, path)
    writeFileSync(file, fillPage(readFileSync(file, 'utf8'), parts))
  }
}
