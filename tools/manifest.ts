/** Edits the manifests that name features: one more, or one less. It knows their form and no feature. */
import { isNode, parse, walkNodes, type Node } from './tidy/tree.ts'

/** A manifest with one more import and one more item in its list. */
export function withFeature(path: string, text: string, list: string, line: string, item: string): string {
  const { program } = parse({ path, text })
  const imports = (program['body'] as Node[]).filter((node) => node.type === 'ImportDeclaration')
  const last = imports.at(-1)
  const array = findList(program, list)
  if (last === undefined || array === undefined) throw new Error(`${path} has no list called ${list}`)
  const elements = (array['elements'] as (Node | null)[]).filter((element) => element !== null)
  const end = elements.at(-1)?.end
  const listed =
    end === undefined ? `${text.slice(0, array.start)}[${item}]${text.slice(array.end)}` : insertAfter(text, end, item)
  return `${listed.slice(0, last.end)}\n${line}${listed.slice(last.end)}`
}
/** Keeps the list as it is laid out: an item a line, or all in one. */
function insertAfter(text: string, end: number, item: string): string {
  const line = text.slice(text.lastIndexOf('\n', end - 1) + 1, end)
  const alone = /^\s+[^\s,[\]]+$/.test(line)
  const before = alone ? `,\n${/^\s+/.exec(line)![0]}` : ', '
  return `${text.slice(0, end)}${before}${item}${text.slice(end)}`
}
function findList(program: Node, name: string): Node | undefined {
  let found: Node | undefined
  walkNodes(program, (node) => {
    if (node.type !== 'VariableDeclarator' || (node['id'] as Node)['name'] !== name) return
    let value = node['init']
    while (isNode(value) && value.type !== 'ArrayExpression') value = value['expression']
    if (isNode(value)) found = value
  })
  return found
}

/** A manifest without a feature: neither what it imports and passes on nor any item that comes from them. */
export function withoutFeature(path: string, text: string, feature: string): string {
  const { program } = parse({ path, text })
  const gone = (program['body'] as Node[]).filter((node) => {
    const source = (node['source'] as Node | null | undefined)?.['value']
    return (
      /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) &&
      new RegExp(`^@qun/features/[^/]+/${feature}/`).test(String(source))
    )
  })
  const names = new Set(
    gone.flatMap((node) => ((node['specifiers'] ?? []) as Node[]).map((one) => (one['local'] as Node)['name'])),
  )
  const cuts: [from: number, to: number][] = gone.map((node) => [node.start, node.end + 1])
  walkNodes(program, (node) => {
    if (node.type !== 'ArrayExpression') return
    const elements = (node['elements'] as (Node | null)[]).filter((element) => element !== null)
    const isGone = (element: Node) => names.has(rootName(element))
    const lastKept = elements.findLastIndex((element) => !isGone(element))
    for (const [at, element] of elements.entries())
      if (at < lastKept && isGone(element)) cuts.push([element.start, elements[at + 1]!.start])
    const end = elements.at(-1)?.end
    if (end !== undefined && lastKept < elements.length - 1)
      cuts.push([elements[lastKept]?.end ?? elements[0]!.start, end])
  })
  return cuts
    .toSorted(([one], [other]) => other - one)
    .reduce((left, [from, to]) => left.slice(0, from) + left.slice(to), text)
}
/** The variable an item begins with: `poll` of `poll.card`, `...poll` and `poll`. */
function rootName(element: Node): unknown {
  let node = element
  for (;;) {
    const inner = node['argument'] ?? node['object'] ?? node['callee']
    if (!isNode(inner)) return node['name']
    node = inner
  }
}
