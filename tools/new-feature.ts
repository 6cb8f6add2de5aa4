/** Writes the folder of a feature that works, and names it in the manifests: `npm run new-feature plays/group-buy`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { featureFiles, type FeatureNames } from './feature-template.ts'
import { withFeature } from './manifest.ts'
import { domains, listFeatures, manifests } from './tidy/folders.ts'
import { listStated } from './tidy/rule-ids.ts'
import { readTree } from './tidy/tree.ts'

/** The array of each manifest that a feature's part goes into, and how the part is imported and listed there. */
const places: Readonly<
  Record<string, { readonly list: string; item(names: FeatureNames, text: string): [line: string, item: string] }>
> = {
  contract: {
    list: 'cards',
    item: ({ domain, name, card }) => [`import { ${card} } from '@qun/features/${domain}/${name}/contract'`, card],
  },
  server: {
    list: 'features',
    item: ({ domain, name, card }) => [`import ${card} from '@qun/features/${domain}/${name}/server'`, card],
  },
  ui: {
    list: 'features',
    item: ({ domain, name, card }, text) => {
      // The list holds whole modules or their lists, whichever the manifest is written for.
      const whole = text.includes('import * as')
      const source = `'@qun/features/${domain}/${name}/ui'`
      return whole
        ? [`import * as ${card} from ${source}`, card]
        : [`import ${card} from ${source}`, text.includes('...') ? `...${card}` : card]
    },
  },
}

/** All spellings of a feature's name. Fails on a name that is no folder's, or whose rule ids others have. */
export function namesOf(place: string, taken: ReadonlySet<string>): FeatureNames {
  const [domain = '', name = '', ...deeper] = place.split('/')
  if (!Object.hasOwn(domains, domain) || deeper.length > 0)
    throw new Error(`“${place}” names no domain: ${Object.keys(domains).join('/…, ')}/…`)
  if (!/^[a-z]+(-[a-z]+)*$/.test(name)) throw new Error(`“${name}” is not kebab-case: try group-buy`)
  const words = name.split('-')
  const face = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  const letters = words.length > 1 ? words.map((word) => word[0]!).join('') : name.slice(0, 2)
  const candidates = [letters, ...Array.from(name.replaceAll('-', ''), (letter) => letters + letter)]
  const ids = candidates.map((candidate) => candidate.toUpperCase()).find((candidate) => !taken.has(candidate))
  if (ids === undefined) throw new Error(`every prefix for rule ids of “${name}” is taken`)
  return {
    domain,
    name,
    face,
    ids,
    card: face[0]!.toLowerCase() + face.slice(1),
    table: words.join('_'),
    title: face[0]! + words.join(' ').slice(1),
  }
}

/** Writes everything below `root`; returns the paths it wrote. Refuses to touch a folder that is there. */
export function addFeature(root: string, place: string): string[] {
  const tree = readTree(root)
  const names = namesOf(place, new Set(listStated(tree).map((place) => place.id.replace(/\d.*$/, ''))))
  const namesake = listFeatures(tree).find(({ name }) => name === names.name)
  if (namesake !== undefined) throw new Error(`${namesake.path} exists`)
  const folder = `features/src/${names.domain}/${names.name}`
  const written: Record<string, string> = {}
  for (const [file, text] of Object.entries(featureFiles(names))) written[`${folder}/${file}`] = text
  for (const { path, part } of manifests) {
    const text = readFileSync(join(root, path), 'utf8')
    const [line, item] = places[part]!.item(names, text)
    written[path] = withFeature(path, text, places[part]!.list, line, item)
  }
  for (const [path, text] of Object.entries(written)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return Object.keys(written)
}

/** The place as it was given; a name alone is asked for its domain. */
async function placeOf(given: string | undefined): Promise<string> {
  if (given === undefined) throw new Error('usage: npm run new-feature plays/group-buy')
  if (given.includes('/') || !process.stdin.isTTY) return given
  for (const [domain, holds] of Object.entries(domains)) console.log(`${domain}: ${holds}`)
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  const domain = await asking.question(`Where does ${given} live? `)
  asking.close()
  return `${domain.trim()}/${given}`
}

if (import.meta.main) {
  const place = await placeOf(process.argv[2])
  const root = join(import.meta.dirname, '..')
  const written = addFeature(root, place)
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/oxfmt/bin/oxfmt'), ...written.filter((path) => !path.endsWith('.md'))],
    { cwd: root },
  )
  console.log(written.map((path) => `wrote ${path}`).join('\n'))
  console.log(
    'Next: state its rules in its README, npm run docs, raise PROTOCOL_VERSION (the wire changed), npm run check.',
  )
  console.log('docs/adding-a-feature.md says how it goes on.')
}
