/** Reads the repository's own files into memory, parsed when asked; it knows no rule. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { parseSync } from 'vite'

export interface Breach {
  readonly rule: string
  readonly path: string
  readonly line?: number
  readonly message: string
}

/** A node of the syntax tree as far as the checks look at it. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}
export interface Comment {
  readonly value: string
  readonly start: number
  readonly end: number
}
export interface File {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}
export interface Tree {
  readonly files: readonly File[]
  /** Sources: TypeScript, with or without JSX, and plain modules. */
  readonly sources: readonly File[]
  find(path: string): File | undefined
}

const skipped = new Set(['node_modules', '.git', 'dist', 'data', '.cache', '.tmp', 'coverage', '.vite'])
const readable = new Set(['.ts', '.tsx', '.mjs', '.js', '.css', '.html', '.json', '.jsonc', '.md', '.yml', '', '.svg'])
const sourceEndings = /\.(ts|tsx|mjs)$/

/** A tree of given texts, as tests plant them. */
export function treeOf(texts: Readonly<Record<string, string>>): Tree {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }))
  const byPath = new Map(files.map((file) => [file.path, file]))
  return {
    files,
    sources: files.filter((file) => sourceEndings.test(file.path)),
    find: (path) => byPath.get(path),
  }
}

/** The files below `root` that belong to the repository. Pictures and other bytes are left out. */
export function readTree(root: string): Tree {
  const texts: Record<string, string> = {}
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path)
      } else if (entry.isFile() && readable.has(extname(entry.name))) {
        texts[relative(root, path).split(sep).join('/')] = readFileSync(path, 'utf8')
      }
    }
  }
  walk(root)
  return treeOf(texts)
}

interface Parsed {
  readonly program: Node
  readonly comments: readonly Comment[]
}
const parsedFiles = new WeakMap<File, Parsed>()

/** The syntax tree of a source file; parsed once. Fails on a file that is no TypeScript. */
export function parse(file: File): Parsed {
  let parsed = parsedFiles.get(file)
  if (parsed === undefined) {
    const result = parseSync(file.path, file.text)
    const failure = result.errors[0]
    if (failure !== undefined) throw new Error(`${file.path} does not parse: ${failure.message}`)
    parsed = { program: result.program as unknown as Node, comments: result.comments }
    parsedFiles.set(file, parsed)
  }
  return parsed
}

/** Calls `visit` for every node, parents before children, with the chain of ancestors, nearest last. */
export function walkNodes(root: Node, visit: (node: Node, ancestors: readonly Node[]) => void): void {
  const ancestors: Node[] = []
  const enter = (node: Node) => {
    visit(node, ancestors)
    ancestors.push(node)
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) for (const item of value) if (isNode(item)) enter(item)
      if (isNode(value)) enter(value)
    }
    ancestors.pop()
  }
  enter(root)
}
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

const testPaths = [
  /\.test\.tsx?$/,
  /\/(journeys|faults)\//,
  /\/(test-setup|suite|fixtures?(-[a-z0-9-]+)?|scene|plants)\.ts$/,
  /^packages\/[^/]+\/(test|src\/testing)\//,
]
/** The 1-based line of a position. */
export function lineAt(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
/** Tests, and what serves only them. */
export function isTest(path: string): boolean {
  return testPaths.some((pattern) => pattern.test(path))
}
export function printBreach(breach: Breach): string {
  const place = breach.line === undefined ? breach.path : `${breach.path}:${breach.line}`
  return `${place} ${breach.rule}: ${breach.message}`
}
