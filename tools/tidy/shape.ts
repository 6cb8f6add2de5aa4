/** Size and beginning of files: columns, lines, functions, and the sentence a file opens with. It knows no names. */
import { isNode, isTest, lineAt, parse, walkNodes, type Breach, type File, type Node, type Tree } from './tree.ts'

export const columnsMax = 120
/** A line that overflows only because of one text in it: breaking words apart helps nobody up to here. */
export const textColumnsMax = 160
/** A test's title is a sentence on the line that opens the test; it may carry the line's end past the margin. */
export const titleColumnsMax = 140
export const fileLinesMax = 400
/** A style sheet is a list of small things; it is read by searching. */
export const styleLinesMax = 500
export const functionLinesMax = 70

/** Files that are longer for a reason. */
export const longFiles: readonly { readonly path: string; readonly reason: string }[] = []

/** Files in which one line is one text or one shape of a drawing; breaking it would help nobody. */
export const longLines: readonly { readonly path: RegExp; readonly reason: string }[] = [
  { path: /^apps\/demo-host\/src\/story(-[a-z]+)?\.ts$/, reason: 'What people say in the demo, a line each.' },
  { path: /^apps\/demo-host\/src\/(pictures|portraits)\.ts$/, reason: 'Drawings of the demo as SVG.' },
  { path: /^(packages\/ui|apps\/[^/]+)\/src\/.*icons\.tsx$/, reason: 'Drawings of kit and apps as SVG.' },
]

const styled = /\.(ts|tsx|mjs|css)$/
const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

export function checkShape(tree: Tree): Breach[] {
  return tree.files
    .filter((file) => styled.test(file.path))
    .flatMap((file) => [
      ...checkColumns(file),
      ...checkLength(file),
      ...checkOpening(file),
      ...(file.path.endsWith('.css') ? [] : checkFunctions(file)),
    ])
}

function checkColumns(file: File): Breach[] {
  const { path, text } = file
  if (longLines.some((other) => other.path.test(path))) return []
  let start = 0
  return text.split('\n').flatMap((line, index) => {
    const at = start + columnsMax
    start += line.length + 1
    // Code points: a Chinese character is one, and so is an emoji outside the first plane.
    const columns = Array.from(line).length
    if (columns <= columnsMax || (columns <= textColumnsMax && isInText(file, at))) return []
    if (columns <= titleColumnsMax && isTest(path) && /^\s*(test|describe)\b[\w.]*\(/.test(line)) return []
    return [{ rule: 'columns', path, line: index + 1, message: `${columns} columns; at most ${columnsMax}.` }]
  })
}
const textNodes = new Set(['Literal', 'TemplateLiteral', 'JSXText'])
/** Whether a position lies within a string, a template or the text of an element, which no formatter breaks. */
function isInText(file: File, position: number): boolean {
  if (file.path.endsWith('.css')) return false
  let found = false
  walkNodes(parse(file).program, (node) => {
    if (textNodes.has(node.type) && node.start < position && position < node.end) found = true
  })
  return found
}

function checkLength({ path, text }: File): Breach[] {
  const lines = text.split('\n').length - 1
  const linesMax = path.endsWith('.css') ? styleLinesMax : fileLinesMax
  if (lines <= linesMax || longFiles.some((file) => file.path === path)) return []
  return [{ rule: 'file-lines', path, message: `${lines} lines; at most ${linesMax}. Divide it by what it holds.` }]
}

function checkOpening({ path, text }: File): Breach[] {
  const opening = /^(#!.*\n)?\s*(\/\*\*?([\s\S]*?)\*\/|((\/\/.*\n)+))/.exec(text)
  if (opening !== null && /[.。:](\s|$|\*)/.test(opening[3] ?? opening[4] ?? '')) return []
  return [
    { rule: 'opening', path, line: 1, message: 'A file begins with a sentence: what it is and what it does not know.' },
  ]
}

/** The callback of `describe` is a chapter, not a function: it may be long. */
function isChapter(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false
  let callee = parent['callee']
  while (isNode(callee) && callee.type !== 'Identifier') callee = callee['object'] ?? callee['callee']
  const name = isNode(callee) ? callee['name'] : undefined
  return (name === 'describe' || name === 'suite') && (parent['arguments'] as unknown[]).includes(node)
}

function checkFunctions(file: File): Breach[] {
  const breaches: Breach[] = []
  walkNodes(parse(file).program, (node, ancestors) => {
    if (!functions.has(node.type)) return
    if (isTest(file.path) && isChapter(node, ancestors.at(-1))) return
    const first = lineAt(file.text, node.start)
    const lines = lineAt(file.text, node.end) - first + 1
    if (lines > functionLinesMax)
      breaches.push({
        rule: 'function-lines',
        path: file.path,
        line: first,
        message: `A function of ${lines} lines; at most ${functionLinesMax}.`,
      })
  })
  return breaches
}
