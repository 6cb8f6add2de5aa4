/** Texts people read exist in both languages. It sees objects with a language as key, and texts written into JSX. */
import { isNode, isTest, lineAt, parse, walkNodes, type Breach, type File, type Node, type Tree } from './tree.ts'

const languages = ['zh-CN', 'en']
const readAloud = new Set(['aria-label', 'title', 'placeholder', 'alt', 'aria-description'])
/** Words: a run of Latin letters or any Chinese character. Signs, numbers and single letters are no text. */
const words = /[A-Za-z]{2,}|\p{Script=Han}/u

export function checkLanguages(tree: Tree): Breach[] {
  return tree.sources
    .filter((file) => /^(packages|features|apps)\//.test(file.path) && !isTest(file.path))
    .flatMap((file) => [...checkPairs(file), ...(file.path.endsWith('.tsx') ? checkFaces(file) : [])])
}

function checkPairs(file: File): Breach[] {
  const breaches: Breach[] = []
  walkNodes(parse(file).program, (node) => {
    if (node.type !== 'ObjectExpression') return
    const keys = (node['properties'] as Node[]).map(keyOf)
    const present = languages.filter((language) => keys.includes(language))
    if (present.length !== 1) return
    // An object that merely happens to have a property `en` speaks no language.
    if (present[0] === 'en' && !/'zh-CN'/.test(file.text)) return
    const missing = languages.find((language) => !present.includes(language))
    breaches.push({
      rule: 'languages',
      path: file.path,
      line: lineAt(file.text, node.start),
      message: `The text has no ${missing}.`,
    })
  })
  return breaches
}
function keyOf(property: Node): unknown {
  const key = property['key']
  return isNode(key) ? (key['name'] ?? key['value']) : undefined
}

const verbatimTags = new Set(['code', 'pre', 'kbd', 'samp'])
/** Code, and names that every language writes alike: SHA-256. */
function isVerbatim(text: Node, parent: Node | undefined): boolean {
  const opening = parent?.['openingElement']
  const tag = isNode(opening) ? (opening['name'] as Node)['name'] : undefined
  return verbatimTags.has(String(tag)) || /^[A-Z0-9 .:/-]+$/.test(String(text['value']).trim())
}

function checkFaces(file: File): Breach[] {
  const breaches: Breach[] = []
  const found = (node: Node, text: string) =>
    breaches.push({
      rule: 'languages',
      path: file.path,
      line: lineAt(file.text, node.start),
      message: `“${text.trim().slice(0, 30)}” is written into the face; take it from a text in both languages.`,
    })
  walkNodes(parse(file).program, (node, ancestors) => {
    if (node.type === 'JSXText' && words.test(String(node['value'])) && !isVerbatim(node, ancestors.at(-1)))
      found(node, String(node['value']))
    if (node.type !== 'JSXAttribute') return
    const name = (node['name'] as Node)['name']
    const value = node['value']
    const text = isNode(value) && value.type === 'Literal' ? value['value'] : undefined
    if (typeof name === 'string' && readAloud.has(name) && typeof text === 'string' && words.test(text))
      found(node, text)
  })
  return breaches
}
