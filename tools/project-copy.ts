/** A copy of the repository that stands by itself, for tests that change what it holds. It changes nothing here. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const left = new Set(['node_modules', '.git', 'dist', 'data', '.cache', '.tmp', 'coverage'])

export interface ProjectCopy extends AsyncDisposable {
  readonly folder: string
  /** Makes it again what the repository is; what programs remember of it (types checked before) stays. */
  restore(): Promise<void>
  /** Runs a program of node_modules/.bin in the copy; fails with its output. */
  run(program: string, ...args: string[]): Promise<string>
  /** Every type error outside of `ignored` files. */
  typeErrors(ignored?: RegExp): Promise<string[]>
}

/**
 * A copy with its own workspace links: a plain link to node_modules would lead @qun/* back to the original, and the
 * copy would prove nothing.
 */
export async function copyProject(): Promise<ProjectCopy> {
  const copy = await mkdtemp(join(tmpdir(), 'qun-copy-'))
  const fill = () => cp(root, copy, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) })
  await fill()
  await linkModules(copy)
  const run = (program: string, ...args: string[]) => runIn(copy, program, args)
  return {
    folder: copy,
    async restore() {
      for (const name of await readdir(copy))
        if (!left.has(name)) await rm(join(copy, name), { recursive: true, force: true })
      await fill()
    },
    run,
    async typeErrors(ignored = /^$/) {
      const found: string[] = []
      for (const project of ['tsconfig.json', 'tsconfig.browser.json']) {
        const printed = await run('tsc', '-p', project, '--pretty', 'false').catch((error: Error) => error.message)
        found.push(...printed.split('\n').filter((line) => /: error TS\d+:/.test(line) && !ignored.test(line)))
      }
      return found
    },
    [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }),
  }
}

/** What is installed here, for a folder whose packages are its own. */
export async function linkModules(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@qun'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@qun' && name !== '.vite') await symlink(join(root, 'node_modules', name), join(modules, name))
  for (const name of await readdir(join(root, 'node_modules/@qun'))) {
    const home = relative(root, await realpath(join(root, 'node_modules/@qun', name)))
    await symlink(join(folder, home), join(modules, '@qun', name))
  }
}

/** Runs a program of node_modules/.bin in a folder; fails with its output. */
export async function runIn(
  folder: string,
  program: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const bin = join(root, 'node_modules/.bin')
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH']}`,
    NO_COLOR: '1',
    VITEST: undefined,
    VITEST_POOL_ID: undefined,
    ...settings,
  }
  return await new Promise((resolve, reject) => {
    execFile(join(bin, program), args, { cwd: folder, env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`))
    })
  })
}
