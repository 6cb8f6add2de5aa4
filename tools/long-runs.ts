/**
 * Runs the long tests: `node tools/long-runs.ts slow|faults [--whole] [what vitest takes]`. Without `--whole` they do
 * the share of the commit that is checked out, every run a tenth at least (packages/testing/src/share.ts). Knows no
 * test.
 */
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { shareAt, shareCount, shareVariable } from '@qun/testing/share'

const root = join(import.meta.dirname, '..')

/**
 * The share of the commit that is checked out, by its place on its own line: a merge counts once. Undefined where the
 * history is not there, as in a shallow clone: any number would be wrong.
 */
export function shareOfCommit(folder = root): number | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    if (git('rev-parse', '--is-shallow-repository') !== 'false') return undefined
    return shareAt(Number(git('rev-list', '--count', '--first-parent', 'HEAD')))
  } catch {
    return undefined
  }
}

/** What the variable says in the environment of a run. */
export function shareFor(isWhole: boolean): string {
  const named = process.env[shareVariable]
  if (isWhole) return 'whole'
  return named ?? String(shareOfCommit() ?? 'whole')
}

function main(): void {
  const [project, ...rest] = process.argv.slice(2)
  if (project !== 'slow' && project !== 'faults') throw new Error('say which: slow or faults')
  const share = shareFor(rest.includes('--whole'))
  const told = share === 'whole' ? 'all of them whole' : `share ${share} of ${shareCount}; --whole does all of them`
  console.log(`Long runs: ${told}`)
  const args = ['run', '--project', project, ...rest.filter((arg) => arg !== '--whole')]
  const child = spawn('vitest', args, { stdio: 'inherit', env: { ...process.env, [shareVariable]: share } })
  child.on('error', (error) => {
    throw error
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1
    else process.kill(process.pid, signal)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
}
if (import.meta.main) main()
