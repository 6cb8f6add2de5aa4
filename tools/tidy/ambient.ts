/** What code takes from its surroundings instead of being handed it: the clock, transactions; and barrel files. */
import { matchesGlob } from 'node:path'
import { clockExceptions, clocklessFiles, transactionOpeners } from '../import-table.ts'
import { isNode, isTest, lineAt, parse, walkNodes, type Breach, type File, type Node, type Tree } from './tree.ts'

export function checkAmbient(tree: Tree): Breach[] {
  const product = tree.sources.filter((file) => !isTest(file.path) && !file.path.startsWith('tools/'))
  return product.flatMap((file) => [...checkClock(file), ...checkTransactions(file), ...checkBarrel(file, tree)])
}

function matches(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(path, glob))
}

/** The linter sees `Date.now`; it has no rule for `new Date()` without an argument. */
function checkClock(file: File): Breach[] {
  if (!matches(file.path, clocklessFiles) || clockExceptions.some((exception) => exception.file === file.path))
    return []
  const breaches: Breach[] = []
  walkNodes(parse(file).program, (node) => {
    const isDate = node.type === 'NewExpression' && nameOf(node['callee']) === 'Date'
    if (!isDate || (node['arguments'] as unknown[]).length > 0) return
    breaches.push({
      rule: 'clock',
      path: file.path,
      line: lineAt(file.text, node.start),
      message: 'Take `now` from the options.',
    })
  })
  return breaches
}

function checkTransactions(file: File): Breach[] {
  // The client's `transaction` is IndexedDB's.
  if (matches(file.path, [...transactionOpeners, 'packages/sdk/**'])) return []
  const breaches: Breach[] = []
  walkNodes(parse(file).program, (node) => {
    const callee = node.type === 'CallExpression' ? node['callee'] : undefined
    if (!isNode(callee) || callee.type !== 'MemberExpression') return
    const method = nameOf(callee['property'])
    if (method !== 'transaction' && method !== 'startTransaction') return
    const message = 'Only the files listed in tools/import-table.ts open transactions; take `tx` as an argument.'
    breaches.push({ rule: 'transactions', path: file.path, line: lineAt(file.text, node.start), message })
  })
  return breaches
}

/** A package's entries are the files its package.json exports. */
function checkBarrel(file: File, tree: Tree): Breach[] {
  if (entriesOf(tree).has(file.path)) return []
  const statements = parse(file).program['body'] as Node[]
  return statements
    .filter((node) => node.type === 'ExportAllDeclaration')
    .map((node) => ({
      rule: 'barrel',
      path: file.path,
      line: lineAt(file.text, node.start),
      message: 'Only a package entry re-exports whole files; import from where the thing is.',
    }))
}

const entries = new WeakMap<Tree, Set<string>>()
/** Paths of every file a package.json of the tree exports; `*` stands for any feature. */
export function entriesOf(tree: Tree): Set<string> {
  let found = entries.get(tree)
  if (found === undefined) {
    found = new Set()
    for (const file of tree.files.filter(({ path }) => path.endsWith('/package.json')))
      for (const target of exportTargets(JSON.parse(file.text) as { exports?: unknown }))
        for (const path of expand(file.path.replace('package.json', '') + target.replace('./', ''), tree))
          found.add(path)
    entries.set(tree, found)
  }
  return found
}
function exportTargets({ exports }: { exports?: unknown }): string[] {
  if (typeof exports === 'string') return [exports]
  return Object.values((exports ?? {}) as Record<string, unknown>).flatMap((target) =>
    exportTargets({ exports: target }),
  )
}
function expand(path: string, tree: Tree): string[] {
  if (!path.includes('*')) return [path]
  const glob = path.replaceAll('*', '**')
  return tree.files.map((file) => file.path).filter((candidate) => matchesGlob(candidate, glob))
}

function nameOf(node: unknown): unknown {
  return isNode(node) && node.type === 'Identifier' ? node['name'] : undefined
}
