/** Names and marks: what files and functions may not be called, and what comments may not say. */
import { isTest, lineAt, parse, walkNodes, type Breach, type File, type Node, type Tree } from './tree.ts'

/** Names that say where code was put and not what it holds, with what to do instead. */
export const bannedFileNames = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'manager', 'service']
const bannedVerbs = ['get', 'handle', 'process', 'do']
const bannedMarks = ['FIXME', 'HACK', 'XXX']

export function checkWords(tree: Tree): Breach[] {
  const named = tree.files.filter((file) => /\.(ts|tsx|mjs|css)$/.test(file.path))
  return [
    ...named.flatMap(checkFileName),
    ...tree.sources.flatMap((file) => [...checkComments(file), ...checkFunctionNames(file)]),
  ]
}

function checkFileName({ path }: File): Breach[] {
  const name = path
    .split('/')
    .at(-1)!
    .replace(/(\.(test|slow|fault|journeys?|config|d))*\.(ts|tsx|mjs|css)$/, '')
  const breaches: Breach[] = []
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    breaches.push({ rule: 'file-name', path, message: `“${name}” is not kebab-case.` })
  if (bannedFileNames.includes(name))
    breaches.push({ rule: 'file-name', path, message: `“${name}” says nothing; name the noun or verb the file holds.` })
  return breaches
}

function checkComments(file: File): Breach[] {
  return parse(file).comments.flatMap((comment) => {
    const at = { path: file.path, line: lineAt(file.text, comment.start) }
    const breaches: Breach[] = []
    const mark = bannedMarks.find((word) => new RegExp(`\\b${word}\\b`).test(comment.value))
    if (mark !== undefined)
      breaches.push({ rule: 'marks', ...at, message: `${mark}: the marks are NOTE: and TODO(#n):.` })
    if (/\bTODO\b(?!\(#\d+\):)/.test(comment.value))
      breaches.push({ rule: 'marks', ...at, message: 'A TODO names its issue: TODO(#12):' })
    if (/\b(previously|formerly|used to be|legacy)\b/i.test(comment.value))
      breaches.push({
        rule: 'comment-history',
        ...at,
        message: 'A comment is about the code as it is; history belongs to commits.',
      })
    if (isCode(comment.value))
      breaches.push({ rule: 'commented-out', ...at, message: 'Delete code instead of commenting it out.' })
    return breaches
  })
}

/** A guess that is right about statements and wrong about no sentence seen so far. */
function isCode(value: string): boolean {
  if (value.startsWith('*')) return false
  return value
    .split('\n')
    .some((line) =>
      /^\s*(import .* from '|export (const|function|type)\b|(const|let) \w+ = |return .*[()]|if \(.*\) ?\{|await \w+\(|\}\s*else\b|expect\()/.test(
        line,
      ),
    )
}

function checkFunctionNames(file: File): Breach[] {
  if (isTest(file.path)) return []
  const breaches: Breach[] = []
  walkNodes(parse(file).program, (node) => {
    const name = functionName(node)
    const verb = bannedVerbs.find(
      (word) => name === word || (name?.startsWith(word) && /^[A-Z]/.test(name.slice(word.length))),
    )
    if (verb === undefined) return
    const message = `“${name}” begins with ${verb}: say read, find, list, add, check, is or what it decides.`
    breaches.push({ rule: 'function-name', path: file.path, line: lineAt(file.text, node.start), message })
  })
  return breaches
}

function functionName(node: Node): string | undefined {
  const id = node['id'] as Node | null | undefined
  if (node.type === 'FunctionDeclaration') return id?.['name'] as string | undefined
  const init = node['init'] as Node | null | undefined
  const isFunction = init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression'
  return node.type === 'VariableDeclarator' && isFunction ? (id?.['name'] as string | undefined) : undefined
}
