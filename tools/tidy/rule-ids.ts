/** Rules have ids; tests are titled by them. It knows where ids stand and how tests spell them, not what they say. */
import { isTest, lineAt, type Breach, type File, type Tree } from './tree.ts'

/** SPEC.md of a package, README.md of a feature and two pages state an id where a bullet or a table row begins. */
const stating = /^(packages\/[^/]+\/SPEC\.md|features\/src\/[^/]+\/[^/]+\/README\.md|docs\/(promises|bad-input)\.md)$/
const statement = /(?:^|\s)(?:[-*]|\|)\s+\**([A-Z]{1,8}\d{1,3}[a-z]?)\**(?=[\s:.|])/gm
/** Tests of the product. Those of tools plant ids that no rule has. */
const titled = /^(packages|features|apps)\//
/** An id in brackets at the start of a test's title; several may follow each other. */
const title = /\b(?:test|it|describe)(?:\.[a-z]+)*(?:\([^()]*\))?\(\s*[`'"]([^\n]*)/g
const idInTitle = /\[([A-Z]{1,8}\d{1,3}[a-z]?)\]/g

interface Place {
  readonly id: string
  readonly path: string
  readonly line: number
}

export function listStated(tree: Tree): Place[] {
  return tree.files.filter((file) => stating.test(file.path)).flatMap((file) => placesOf(file, statement))
}

export function listTested(tree: Tree): Place[] {
  return tree.sources
    .filter((file) => isTest(file.path) && titled.test(file.path))
    .flatMap((file) =>
      [...file.text.matchAll(title)].flatMap((match) =>
        [...match[1]!.matchAll(idInTitle)].map((id) => ({
          id: id[1]!,
          path: file.path,
          line: lineAt(file.text, match.index),
        })),
      ),
    )
}

function placesOf(file: File, pattern: RegExp): Place[] {
  return [...file.text.matchAll(pattern)].map((match) => ({
    id: match[1]!,
    path: file.path,
    line: lineAt(file.text, match.index + match[0].length),
  }))
}

export function checkRuleIds(tree: Tree): Breach[] {
  const stated = listStated(tree)
  const tested = listTested(tree)
  const statedIds = new Map<string, Place>()
  const breaches: Breach[] = []
  for (const place of stated) {
    const other = statedIds.get(place.id)
    if (other !== undefined && other.path !== place.path)
      breaches.push({ rule: 'rule-ids', ...place, message: `${place.id} is stated in ${other.path} too.` })
    statedIds.set(place.id, place)
  }
  const testedIds = new Set(tested.map((place) => place.id))
  for (const place of statedIds.values())
    if (!testedIds.has(place.id))
      breaches.push({ rule: 'rule-ids', ...place, message: `${place.id} has no test titled [${place.id}].` })
  for (const place of tested)
    if (!statedIds.has(place.id))
      breaches.push({
        rule: 'rule-ids',
        ...place,
        message: `[${place.id}] is stated in no SPEC.md, README.md of a feature, promises.md or bad-input.md.`,
      })
  return breaches
}
