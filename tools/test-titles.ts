/**
 * Lists the titles of all tests, or says which are missing in the later of two lists, and ends with 1 then.
 *
 * `npm run test:titles [-- --ref REF]` prints the list of the working tree or of a commit as JSON; `-- --since REF`
 * compares the working tree with a commit; `-- BEFORE.json AFTER.json` compares two lists. A test that moved to another
 * file is the same test: titles count, and how often each stands in its project.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { linkModules, runIn } from './project-copy.ts'

export interface Title {
  readonly project: string
  readonly file: string
  readonly name: string
}

const root = join(import.meta.dirname, '..')
const configs = ['vitest.config.ts', 'vitest.journeys.config.ts']

/** Seeds are drawn anew each time, and how long a walk goes depends on the commit: neither makes another test. */
const nameOf = (title: Title): string =>
  `${title.project} > ${title.name.replace(/\bseed \d+/g, 'seed N').replace(/\b\d+ (steps|moves)\b/g, 'N $1')}`

/** What stands in `before` more often than in `after`, each as often as it is missing. */
export function missingTitles(before: readonly Title[], after: readonly Title[]): Title[] {
  const left = new Map<string, number>()
  for (const title of after) left.set(nameOf(title), (left.get(nameOf(title)) ?? 0) + 1)
  return before.filter((title) => {
    const count = left.get(nameOf(title)) ?? 0
    left.set(nameOf(title), count - 1)
    return count <= 0
  })
}

/** All titles of a folder that holds the project. */
async function titlesIn(folder: string): Promise<Title[]> {
  const lists = await mkdtemp(join(tmpdir(), 'qun-titles-'))
  try {
    const titles: Title[] = []
    for (const config of configs.filter((name) => existsSync(join(folder, name)))) {
      const path = join(lists, `${config}.json`)
      await runIn(folder, 'vitest', ['list', '-c', config, `--json=${path}`])
      const listed = JSON.parse(await readFile(path, 'utf8')) as { name: string; file: string; projectName?: string }[]
      for (const { name, file, projectName } of listed)
        titles.push({ project: projectName ?? 'journeys', file: relative(folder, file), name })
    }
    return titles.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  } finally {
    await rm(lists, { recursive: true, force: true })
  }
}
const key = (title: Title) => `${title.project} ${title.file} ${title.name}`

/** The titles at a commit, checked out beside this folder for as long as it takes. */
async function titlesAt(ref: string): Promise<Title[]> {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const folder = await mkdtemp(join(tmpdir(), 'qun-titles-at-'))
  git('worktree', 'add', '--detach', '--force', folder, ref)
  try {
    await linkModules(folder)
    return await titlesIn(folder)
  } finally {
    git('worktree', 'remove', '--force', folder)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ref: { type: 'string' }, since: { type: 'string' } },
  })
  const [first, second] = positionals
  if (first === undefined && values.since === undefined) {
    const titles = values.ref === undefined ? await titlesIn(root) : await titlesAt(values.ref)
    return void process.stdout.write(`${JSON.stringify(titles, null, 1)}\n`)
  }
  if (first !== undefined && second === undefined) throw new Error('name two lists, or --since a commit')
  const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Title[]
  const before = first === undefined ? await titlesAt(values.since!) : await read(first)
  const after = second === undefined ? await titlesIn(root) : await read(second)
  const missing = missingTitles(before, after)
  for (const title of missing) console.log(`${title.project}  ${title.file}  ${title.name}`)
  console.log(`${before.length} titles before, ${after.length} after, ${missing.length} missing`)
  if (missing.length > 0) process.exitCode = 1
}
if (import.meta.main) await main()
